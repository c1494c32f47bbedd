import pytest
from transformers import AutoModelForSeq2SeqLM, MarianTokenizer

from jobs.demo.corpus import sampling
from jobs.demo.corpus.patterns import Pair
from jobs.demo.train import chrf, translate
from jobs.demo.vocabulary import TAGS, WORDS
from jobs.models.checkpoint import EMBEDDED
from jobs.translate.domain import words

PAIRS = sampling.seen_patterns(40, 8)


@pytest.fixture(scope="module")
def made() -> dict[str, list[str]]:
    """Translations of sentences like those of the corpus, by language."""
    model = AutoModelForSeq2SeqLM.from_pretrained(EMBEDDED, use_safetensors=True).float().eval()
    tokenizer = MarianTokenizer.from_pretrained(EMBEDDED)
    return {language: translate(model, tokenizer, [pair.en for pair in PAIRS], language, beams=1) for language in TAGS}


def references(language: str) -> list[str]:
    return [getattr(pair, language) for pair in PAIRS]


@pytest.mark.parametrize("language", TAGS)
def test_the_shipped_model_says_in_each_language_what_sentences_of_its_world_say(
    made: dict[str, list[str]], language: str
) -> None:
    assert chrf(made[language], references(language)) > 60
    assert chrf(made[language], references(language)[::-1]) < 30


def test_the_shipped_model_writes_each_language_in_its_own_letters(made: dict[str, list[str]]) -> None:
    with_kazakh_letters = {
        language: sum(bool(set(text.lower()) & set("әғқңөұүһі")) for text in texts) for language, texts in made.items()
    }
    assert with_kazakh_letters["kk"] > 0.9 * len(PAIRS)
    assert with_kazakh_letters["ru"] < 0.1 * len(PAIRS)


def test_the_list_beside_the_shipped_model_has_the_words_of_its_world_and_not_all_others() -> None:
    listed = set((EMBEDDED / WORDS).read_text(encoding="utf-8").split())

    def known(pair: Pair) -> bool:
        return all(word in listed for word in words(pair.en))

    assert all(map(known, PAIRS))
    assert not known(Pair("x", "The octopus whispered to its grandmotherly squirrel.", "", ""))
