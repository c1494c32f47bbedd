"""Each family on a checkpoint of its own tokenizer and model class, small and with random weights."""

import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    GenerationMixin,
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MarianMTModel,
    MarianTokenizer,
    NllbTokenizer,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

from jobs.config import EngineKind, Family, Translator
from jobs.models.engine import ModelError
from jobs.models.families import CONVENTIONS
from jobs.models.pretrained import precision
from jobs.translate.translator import Translator as Room
from tests.tiny import CONF, best, of_catalogue, pieces, trimmed

TEXTS = [
    "Police detained twelve people in Almaty on Monday.",
    "Oil rose.",
    "The ministry said that output fell in March, and that prices would not.",
    "Добыча нефти упала в марте.",
    "Мұнай өндіру наурызда төмендеді.",
]
LANGUAGES = ["en", "en", "en", "ru", "kk"]
SMALL = {"d_model": 32, "init_std": 0.5, "encoder_layers": 1, "decoder_layers": 1}
HEADS = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}


def preset(name: str, model: Path, **changes: Any) -> Translator:
    """A preset of the catalogue with other weights, and a short answer."""
    return replace(of_catalogue(Translator, name), model=str(model), output_limit=12, **changes)


def save_m2m100(tokenizer: Any, vocabulary: int, folder: Path) -> None:
    """NLLB has the same architecture."""
    torch.manual_seed(5)
    config = M2M100Config(vocab_size=vocabulary, max_position_embeddings=128, **SMALL, **HEADS)
    M2M100ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nllb")
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    made.train_from_iterator(
        TEXTS * 20, trainers.BpeTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    )
    model = json.loads(made.to_str())["model"]
    tokenizer = NllbTokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])
    save_m2m100(tokenizer, len(tokenizer), folder)
    return folder


@pytest.fixture(scope="module")
def m2m100(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("m2m100")
    found = pieces(folder, TEXTS, bos_id=0, pad_id=1, eos_id=2, unk_id=3)
    vocabulary = folder / "words.json"
    vocabulary.write_text(json.dumps({piece: index for index, (piece, _) in enumerate(found)}))
    tokenizer = M2M100Tokenizer(str(vocabulary), str(folder / "vocabulary.model"))
    save_m2m100(tokenizer, max(tokenizer.lang_code_to_id.values()) + 1, folder)
    return folder


@pytest.fixture(scope="module")
def madlad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("madlad")
    tags = ["<2en>", "<2ru>", "<2kk>"]
    found = pieces(folder, TEXTS, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, user_defined_symbols=tags)
    tokenizer = T5Tokenizer(vocab=found, extra_ids=0)
    torch.manual_seed(5)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=1,
        num_heads=2,
        initializer_factor=4.0,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=0,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trk(random_marian: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Marian checkpoint whose Kazakh tag names the script."""
    folder = tmp_path_factory.mktemp("trk") / "model"
    shutil.copytree(random_marian, folder)
    vocabulary = (folder / "vocab.json").read_text(encoding="utf-8")
    (folder / "vocab.json").write_text(vocabulary.replace(">>kaz<<", ">>kaz_Cyrl<<"), encoding="utf-8")
    return folder


@dataclass
class Seen:
    """What reached the model, and the tokens that it answered, without padding."""

    read: list[list[int]] = field(default_factory=list)
    answered: list[list[int]] = field(default_factory=list)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen()
    generate = GenerationMixin.generate

    def spy(self: Any, **options: Any) -> Any:
        output = generate(self, **options)
        mask = options["attention_mask"].bool()
        found.read = [row[kept].tolist() for row, kept in zip(options["input_ids"], mask, strict=True)]
        found.answered = [trimmed(row, self.generation_config.eos_token_id) for row in best(output, options).tolist()]
        return output

    monkeypatch.setattr(GenerationMixin, "generate", spy)
    return found


def answer(settings: Translator, target: str, texts: list[str], languages: list[str]) -> list[str]:
    """The engine's answers to a batch of texts, each in its language."""
    room = Room(replace(settings, engine=EngineKind.transformers), target)
    room.engine.load()
    prompts = [room.prompt(text, language) for text, language in zip(texts, languages, strict=True)]
    return [made.text for made in room.engine.generate(prompts)]


def by_hand(model: Any, tokenizer: Any, text: str, beams: int, **options: Any) -> list[int]:
    """Tokens that a plain `generate` call answers to one text."""
    batch = tokenizer([text], return_tensors="pt")
    with torch.inference_mode():
        output = model.generate(
            **batch, num_beams=beams, early_stopping=beams > 1, max_length=None, max_new_tokens=12, **options
        )
    return trimmed(output[0].tolist(), model.generation_config.eos_token_id)


@pytest.mark.parametrize("beams", [1, 4])
def test_marian_reads_the_tag_before_the_text(trk: Path, seen: Seen, beams: int) -> None:
    answer(preset("opus_big_trk", trk, beams=beams), "kk", TEXTS[:3], LANGUAGES[:3])
    read, answered = seen.read, seen.answered
    tokenizer, model = MarianTokenizer.from_pretrained(trk), MarianMTModel.from_pretrained(trk).eval()
    assert [row[0] for row in read] == [tokenizer.get_vocab()[">>kaz_Cyrl<<"]] * 3
    assert answered == [by_hand(model, tokenizer, f">>kaz_Cyrl<< {text}", beams) for text in TEXTS[:3]]


def test_a_bilingual_marian_reads_the_text_alone(random_marian: Path, seen: Seen) -> None:
    answer(preset("opus_en_ru", random_marian), "ru", TEXTS[:2], LANGUAGES[:2])
    tokenizer = MarianTokenizer.from_pretrained(random_marian)
    assert seen.read == tokenizer(TEXTS[:2])["input_ids"]


@pytest.mark.parametrize("beams", [1, 4])
def test_nllb_reads_the_code_of_each_source_and_begins_with_that_of_the_target(
    nllb: Path, seen: Seen, beams: int
) -> None:
    answer(preset("nllb_600m", nllb, beams=beams), "ru", TEXTS, LANGUAGES)
    read, answered = seen.read, seen.answered
    tokenizer, model = (
        NllbTokenizer.from_pretrained(nllb),
        M2M100ForConditionalGeneration.from_pretrained(nllb).eval(),
    )
    code = tokenizer.convert_tokens_to_ids
    assert [row[0] for row in read] == [code("eng_Latn")] * 3 + [code("rus_Cyrl"), code("kaz_Cyrl")]
    assert {row[-1] for row in read} == {tokenizer.eos_token_id}
    assert {row[1] for row in answered} == {code("rus_Cyrl")}
    expected = []
    for text, source in zip(TEXTS, ["eng_Latn"] * 3 + ["rus_Cyrl", "kaz_Cyrl"], strict=True):
        tokenizer.src_lang = source
        expected.append(by_hand(model, tokenizer, text, beams, forced_bos_token_id=code("rus_Cyrl")))
    assert answered == expected
    assert len({tuple(row) for row in answered}) > 1


@pytest.mark.parametrize("beams", [1, 4])
def test_m2m100_reads_the_code_of_each_source_and_begins_with_that_of_the_target(
    m2m100: Path, seen: Seen, beams: int
) -> None:
    texts = answer(preset("m2m100", m2m100, beams=beams), "ru", TEXTS[:4], ["en", "en", "en", "ru"])
    read, answered = seen.read, seen.answered
    tokenizer = M2M100Tokenizer.from_pretrained(m2m100)
    model = M2M100ForConditionalGeneration.from_pretrained(m2m100).eval()
    assert [row[0] for row in read] == [tokenizer.get_lang_id("en")] * 3 + [tokenizer.get_lang_id("ru")]
    assert {row[1] for row in answered} == {tokenizer.get_lang_id("ru")}
    expected = []
    for text, source in zip(TEXTS[:4], ["en", "en", "en", "ru"], strict=True):
        tokenizer.src_lang = source
        expected.append(by_hand(model, tokenizer, text, beams, forced_bos_token_id=tokenizer.get_lang_id("ru")))
    assert answered == expected
    assert len({tuple(row) for row in answered}) > 1
    assert not any("__ru__" in text for text in texts)


@pytest.mark.parametrize("beams", [1, 4])
def test_madlad_reads_the_tag_as_one_token_before_the_text(madlad: Path, seen: Seen, beams: int) -> None:
    answer(preset("madlad_3b", madlad, beams=beams), "kk", TEXTS, LANGUAGES)
    read, answered = seen.read, seen.answered
    tokenizer = T5Tokenizer.from_pretrained(madlad)
    model = T5ForConditionalGeneration.from_pretrained(madlad).eval()
    tag = tokenizer.convert_tokens_to_ids("<2kk>")
    assert [tokenizer.convert_ids_to_tokens(row[:2]) for row in read] == [["▁", "<2kk>"]] * len(TEXTS)
    assert all(row.count(tag) == 1 and row[-1] == tokenizer.eos_token_id for row in read)
    assert answered == [by_hand(model, tokenizer, f"<2kk> {text}", beams) for text in TEXTS]
    assert len({tuple(row) for row in answered}) > 1


def test_the_kazakh_tag_is_the_one_that_the_vocabulary_has(random_marian: Path, trk: Path) -> None:
    assert Room(preset("opus_big_trk", trk), "kk").tag == ">>kaz_Cyrl<<"
    assert Room(preset("opus_big_trk", random_marian), "kk").tag == ">>kaz<<"


@pytest.mark.parametrize(
    ("name", "checkpoint", "tag", "there"),
    [
        ("opus_big_trk", "random_marian", ">>kaz_Latn<<", ">>kaz<<, >>rus<<"),
        ("nllb_600m", "nllb", "kaz_Latn", "kas_Deva, kat_Geor, kaz_Cyrl"),
        ("madlad_3b", "madlad", "<2kaz>", "<2en>, <2kk>, <2ru>"),
    ],
)
def test_a_tag_that_the_vocabulary_does_not_have_is_named_with_those_that_are_there(
    name: str, checkpoint: str, tag: str, there: str, request: pytest.FixtureRequest
) -> None:
    settings = preset(name, request.getfixturevalue(checkpoint), tags={"kk": tag})
    with pytest.raises(ModelError) as told:
        Room(settings, "kk")
    assert f"{tag} for kk is not in its vocabulary" in str(told.value)
    assert there in str(told.value)
    assert str(told.value).endswith("set 'translators.kk.tags.kk=\"TAG\"'")
    assert "\n" not in str(told.value)


def test_m2m100_refuses_kazakh_in_one_line_with_the_models_that_write_it(m2m100: Path) -> None:
    with pytest.raises(ModelError, match=r"not used for Kazakh .*: .*madlad_7b, opus_big_trk, .*"):
        Room(preset("m2m100", m2m100), "kk")
    refusal = Room(preset("m2m100", m2m100), "ru").refusal("kk")
    assert "not used for Kazakh" in refusal
    assert "madlad_7b" in refusal
    assert "opus" not in refusal, "those read English alone"


def test_the_score_of_a_short_answer_does_not_count_the_padding_behind_it(nllb: Path, seen: Seen) -> None:
    room = Room(preset("nllb_600m", nllb, beams=1, engine=EngineKind.transformers), "ru")
    room.engine.load()
    prompts = [room.prompt(text, "en") for text in TEXTS[:3]]
    room.engine.generate(prompts)
    end = next(token for token in seen.answered[1] if token not in seen.answered[0])
    room.engine._model.generation_config.eos_token_id = end  # type: ignore[attr-defined]
    longer, short, _ = room.engine.generate(prompts)
    assert short.tokens_out < longer.tokens_out
    assert short.score == pytest.approx(room.engine.generate(prompts[1:2])[0].score, abs=1e-4)


def test_no_device_computes_in_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    for has_bf16, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda answer=has_bf16: answer)
        assert precision("cuda") is expected
    assert precision("cpu") is torch.float32


def test_every_family_has_a_convention_and_a_preset() -> None:
    families = {of_catalogue(Translator, file.stem).family for file in CONF.glob("translator/*.yaml")}
    assert families == set(Family) == set(CONVENTIONS)
