"""Each family of summarisers on a checkpoint of its own tokenizer and model class, small and with random weights."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    BartTokenizer,
    GenerationMixin,
    LEDConfig,
    LEDForConditionalGeneration,
    MBartConfig,
    MBartForConditionalGeneration,
    MBartTokenizer,
    MT5Config,
    MT5ForConditionalGeneration,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PegasusTokenizer,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

from jobs.config import (
    Check,
    Checks,
    ConfigError,
    DigestConfig,
    Level,
    Long,
    Repair,
    Rung,
    Summariser,
    SummaryFamily,
    Translate,
)
from jobs.digest import run
from jobs.models.families import READINGS
from jobs.records import Finish, Flag, Generation, Prompt, Severity
from jobs.run.summaries import summariser_for
from jobs.summarise import abstractive
from jobs.summarise.abstractive import Abstractive, fitting, packed
from jobs.summarise.summary import NotSummarised, Summary, Text
from jobs.text.sentences import segment
from jobs.trust.checks import summary_checker
from jobs.trust.repair import repairer
from jobs.versions.parts import failures_of
from tests.fake_engine import FakeEngine
from tests.tiny import CONF, best, of_catalogue, pieces, trimmed

TEXTS = [
    "Police detained twelve people in Almaty on Monday. The court will hear the case in April, the ministry said.",
    "Oil rose again on Tuesday.",
    "The ministry said that output fell in March, and that prices would not.",
    "Добыча нефти упала в марте. Об этом сообщило министерство энергетики.",
]
LONG = " ".join(
    f"The ministry said on {day} that output of field {number} fell in March."
    for number, day in enumerate(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"], 1)
)
SMALL = {"d_model": 32, "init_std": 0.5, "encoder_layers": 1, "decoder_layers": 1}
HEADS = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
T5_SIZES = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2, "initializer_factor": 4.0}


def preset(name: str, model: Path | str, **changes: Any) -> Summariser:
    """A preset of the catalogue with other weights, and a short answer."""
    made = of_catalogue(Summariser, name)
    short = {"output_limit": 12, "output_minimum": min(made.output_minimum, 6), "revision": None}
    return replace(made, model=str(model), **{**short, **changes})


def saved(model: type, config: Any, tokenizer: Any, folder: Path) -> Path:
    """A checkpoint with random weights."""
    torch.manual_seed(5)
    model(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_level() -> BartTokenizer:
    """The tokenizer of BART and LED."""
    made = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made.train_from_iterator(TEXTS * 20, vocab_size=400, special_tokens=special, show_progress=False)
    model = json.loads(made.to_str())["model"]
    return BartTokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])


@pytest.fixture(scope="session")
def bart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = byte_level()
    config = BartConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=128,
        forced_bos_token_id=0,
        forced_eos_token_id=2,
        **SMALL,
        **HEADS,
    )
    return saved(BartForConditionalGeneration, config, tokenizer, tmp_path_factory.mktemp("bart"))


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = byte_level()
    config = LEDConfig(
        vocab_size=len(tokenizer),
        attention_window=4,
        max_encoder_position_embeddings=256,
        max_decoder_position_embeddings=64,
        **SMALL,
        **HEADS,
    )
    return saved(LEDForConditionalGeneration, config, tokenizer, tmp_path_factory.mktemp("led"))


@pytest.fixture(scope="module")
def pegasus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pegasus")
    found = pieces(
        folder, TEXTS, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, user_defined_symbols=["<mask_1>", "<mask_2>", "<n>"]
    )
    tokenizer = PegasusTokenizer(vocab=found)
    config = PegasusConfig(
        vocab_size=len(tokenizer), max_position_embeddings=128, forced_eos_token_id=1, **SMALL, **HEADS
    )
    return saved(PegasusForConditionalGeneration, config, tokenizer, folder)


@pytest.fixture(scope="module")
def mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mt5")
    tokenizer = T5Tokenizer(vocab=pieces(folder, TEXTS, pad_id=0, eos_id=1, unk_id=2, bos_id=-1), extra_ids=0)
    config = MT5Config(vocab_size=len(tokenizer), decoder_start_token_id=0, **T5_SIZES)
    return saved(MT5ForConditionalGeneration, config, tokenizer, folder)


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("t5")
    tokenizer = T5Tokenizer(vocab=pieces(folder, TEXTS, pad_id=0, eos_id=1, unk_id=2, bos_id=-1), extra_ids=0)
    config = T5Config(vocab_size=len(tokenizer), decoder_start_token_id=2, feed_forward_proj="gated-gelu", **T5_SIZES)
    return saved(T5ForConditionalGeneration, config, tokenizer, folder)


@pytest.fixture(scope="module")
def mbart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its settings do not say what the answer starts from, and its tokenizer takes the text for English."""
    folder = tmp_path_factory.mktemp("mbart")
    tokenizer = MBartTokenizer(vocab=pieces(folder, TEXTS, bos_id=0, pad_id=1, eos_id=2, unk_id=3), src_lang="en_XX")
    config = MBartConfig(vocab_size=len(tokenizer), max_position_embeddings=128, **SMALL, **HEADS)
    return saved(MBartForConditionalGeneration, config, tokenizer, folder)


@dataclass
class Seen:
    """What `generate` was given and answered: options, and token ids without padding, one entry a batch."""

    options: list[dict[str, Any]] = field(default_factory=list)
    read: list[list[list[int]]] = field(default_factory=list)
    answered: list[list[list[int]]] = field(default_factory=list)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen()
    generate = GenerationMixin.generate

    def spy(self: Any, **options: Any) -> Any:
        output = generate(self, **options)
        mask = options["attention_mask"].bool()
        found.options.append(options)
        found.read.append([row[kept].tolist() for row, kept in zip(options["input_ids"], mask, strict=True)])
        end = self.generation_config.eos_token_id
        found.answered.append([trimmed(row, end) for row in best(output, options).tolist()])
        return output

    monkeypatch.setattr(GenerationMixin, "generate", spy)
    return found


def loaded(settings: Summariser) -> Abstractive:
    room = Abstractive(settings)
    room.load()
    return room


def answer(settings: Summariser, texts: list[str], language: str) -> list[Generation]:
    """The engine's answers to a batch of texts."""
    room = loaded(settings)
    return room.engine.generate([room.reading.prompt(text, language, 3) for text in texts])


@pytest.mark.parametrize(
    ("name", "prefix", "start"),
    [
        ("distilbart_cnn", " ", ""),
        ("bart_large_cnn", " ", ""),
        ("pegasus_cnn", "", ""),
        ("led_booksum", " ", ""),
        ("xlsum", "", ""),
        ("mbart_ru_gazeta", "", "ru_RU"),
        ("rut5_gazeta", "", ""),
    ],
)
def test_each_preset_answers_as_a_plain_generate_call_with_its_published_decoding(
    name: str, prefix: str, start: str, seen: Seen, request: pytest.FixtureRequest
) -> None:
    checkpoint = {"distilbart_cnn": "bart", "bart_large_cnn": "bart", "led_booksum": "led", "pegasus_cnn": "pegasus"}
    checkpoint |= {"xlsum": "mt5", "mbart_ru_gazeta": "mbart", "rut5_gazeta": "t5"}
    folder = request.getfixturevalue(checkpoint[name])
    settings = preset(name, folder)
    made = answer(settings, TEXTS, settings.languages[-1])
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    read, answered = seen.read[0], seen.answered[0]
    expected = []
    for text in TEXTS:
        batch = dict(tokenizer([prefix + text], return_tensors="pt"))
        if name == "led_booksum":
            batch["global_attention_mask"] = torch.zeros_like(batch["input_ids"])
            batch["global_attention_mask"][:, 0] = 1
        if start:
            batch["decoder_start_token_id"] = tokenizer.convert_tokens_to_ids(start)
        with torch.inference_mode():
            output = model.generate(
                **batch,
                num_beams=settings.beams,
                do_sample=False,
                max_length=None,
                max_new_tokens=12,
                min_length=settings.output_minimum,
                length_penalty=settings.length_penalty,
                no_repeat_ngram_size=settings.no_repeat_ngram,
            )
        expected.append(trimmed(output[0].tolist(), model.generation_config.eos_token_id))
    assert read == tokenizer([prefix + text for text in TEXTS])["input_ids"]
    assert answered == expected
    assert len({tuple(row) for row in answered}) > 1
    assert [item.tokens_kept for item in made] == [len(row) for row in read]


def test_the_first_word_is_read_as_any_other_word_by_models_that_tell_them_apart(bart: Path, seen: Seen) -> None:
    answer(preset("bart_large_cnn", bart), TEXTS[:2], "en")
    tokenizer = AutoTokenizer.from_pretrained(bart)
    assert all(tokenizer.convert_ids_to_tokens(row[1]).startswith("Ġ") for row in seen.read[0])


def test_the_first_token_of_an_led_text_sees_all_others_and_no_other_token_does(led: Path, seen: Seen) -> None:
    answer(preset("led_booksum", led), TEXTS, "en")
    mask = seen.options[0]["global_attention_mask"]
    assert mask.shape == seen.options[0]["input_ids"].shape
    assert mask[:, 0].tolist() == [1] * len(TEXTS)
    assert mask[:, 1:].sum() == 0


def test_no_other_family_is_given_a_global_attention(bart: Path, seen: Seen) -> None:
    answer(preset("bart_large_cnn", bart), TEXTS[:1], "en")
    assert "global_attention_mask" not in seen.options[0]


def test_an_mbart_summary_starts_from_the_code_of_its_own_language(mbart: Path, seen: Seen) -> None:
    room = loaded(preset("mbart_ru_gazeta", mbart, languages=["ru", "kk"]))
    room.engine.generate([room.reading.prompt(TEXTS[3], language, 3) for language in ("ru", "kk")])
    tokenizer = AutoTokenizer.from_pretrained(mbart)
    assert [row[0] for row in seen.answered[0]] == tokenizer.convert_tokens_to_ids(["ru_RU", "kk_KZ"])
    assert tokenizer.convert_ids_to_tokens(seen.read[0][0][-2:]) == ["</s>", "en_XX"]


def test_the_line_breaks_of_pegasus_are_spaces_of_the_summary(pegasus: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(pegasus)
    written = tokenizer("Oil rose . <n>The court said so .")["input_ids"]
    assert tokenizer.convert_tokens_to_ids("<n>") in written
    answered = Generation(tokenizer.decode(written, skip_special_tokens=True), 20, 20, 9, Finish.END, -0.1)
    engine = FakeEngine()
    engine.enqueue(answered)
    (summary,) = Abstractive(preset("pegasus_cnn", pegasus), engine).summarise([Text(TEXTS[0], "en")])
    assert isinstance(summary, Summary)
    assert summary.text == "Oil rose. The court said so."


def test_a_score_is_the_mean_log_probability_whatever_the_length_penalty(bart: Path) -> None:
    (made,) = answer(preset("bart_large_cnn", bart, length_penalty=2.0), TEXTS[:1], "en")
    tokenizer, model = AutoTokenizer.from_pretrained(bart), AutoModelForSeq2SeqLM.from_pretrained(bart).eval()
    output = model.generate(
        **tokenizer([" " + TEXTS[0]], return_tensors="pt"),
        num_beams=4,
        max_length=None,
        max_new_tokens=12,
        min_length=6,
        length_penalty=2.0,
        no_repeat_ngram_size=3,
        return_dict_in_generate=True,
        output_scores=True,
    )
    steps = model.compute_transition_scores(output.sequences, output.scores, output.beam_indices)
    assert made.score == pytest.approx(float(steps.sum()) / made.tokens_out, rel=1e-4)


def test_an_end_that_is_forced_at_the_limit_is_no_end(bart: Path, seen: Seen) -> None:
    made = answer(preset("bart_large_cnn", bart, output_minimum=11), TEXTS, "en")
    assert all(row[-1] == 2 for row in seen.answered[0])
    assert {item.tokens_out for item in made} == {12}
    assert {item.finish for item in made} == {Finish.LENGTH}


def test_a_long_text_is_read_in_the_sentences_that_fit_in_their_order(bart: Path, seen: Seen) -> None:
    room = loaded(preset("bart_large_cnn", bart, input_limit=80))
    (summary,) = room.summarise([Text(LONG, "en")])
    assert isinstance(summary, Summary)
    (row,) = seen.read[0]
    read = AutoTokenizer.from_pretrained(bart).decode(row, skip_special_tokens=True).strip()
    sentences = [item.text for item in segment(LONG, "en")]
    kept = [sentence for sentence in sentences if sentence in read]
    assert 1 < len(kept) < len(sentences)
    assert read == " ".join(kept)
    assert len(row) == summary.tokens_kept <= 80 < summary.tokens_in
    selected = Flag(
        "selected",
        Severity.NOTE,
        "text",
        f"{len(kept)} of 6 sentences were read, chosen of {summary.tokens_in} tokens to fit 80",
    )
    assert [flag for flag in summary.flags if flag.check != "unfinished"] == [selected]


def test_a_long_text_is_read_whole_in_chunks_and_their_summaries_again(bart: Path, seen: Seen) -> None:
    room = loaded(preset("bart_large_cnn", bart, input_limit=80, long=Long.chunks, batch_tokens=100_000))
    (summary,) = room.summarise([Text(LONG, "en")])
    assert isinstance(summary, Summary)
    tokenizer = AutoTokenizer.from_pretrained(bart)
    chunks, *_, last = seen.read
    assert all(len(row) <= 80 for rows in seen.read for row in rows)
    assert len(chunks) > 1
    assert len(last) == 1
    whole = sorted((tokenizer.decode(row, skip_special_tokens=True).strip() for row in chunks), key=LONG.index)
    assert " ".join(whole) == LONG
    (chunked,) = [flag for flag in summary.flags if flag.where == "text"]
    assert chunked.check == "chunked"
    assert f"{summary.tokens_in} tokens were read in {len(chunks)} chunks to fit 80" in chunked.detail
    assert summary.tokens_out == sum(len(row) - 1 for rows in seen.answered for row in rows)


@pytest.fixture
def summariser(bart: Path) -> Summariser:
    return preset("bart_large_cnn", bart, output_minimum=0, languages=["en", "ru"])


def test_summaries_of_chunks_that_are_no_shorter_are_shortened_by_selection(summariser: Summariser) -> None:
    engine = FakeEngine(input_limit=200)
    (summary,) = Abstractive(replace(summariser, long=Long.chunks), engine).summarise([Text(LONG, "en")])
    assert isinstance(summary, Summary)
    assert [(flag.check, flag.where) for flag in summary.flags] == [
        ("chunked", "text"),
        ("selected", "summaries of chunks"),
    ]
    read = [item.text for item in segment(summary.text, "en")]
    assert len(read) == 3
    assert read == [item.text for item in segment(LONG, "en") if item.text in read]


@given(
    paragraphs=st.lists(st.text("ab ", max_size=30), max_size=12), limit=st.integers(5, 60), long=st.sampled_from(Long)
)
def test_whatever_the_text_nothing_longer_than_the_limit_is_given_to_the_model_and_all_in_order(
    bart: Path, paragraphs: list[str], limit: int, long: Long
) -> None:
    text = "Oil rose.\n" + "\n".join(paragraphs)
    engine = FakeEngine(input_limit=limit)
    (summary,) = Abstractive(preset("bart_large_cnn", bart, output_minimum=0, long=long), engine).summarise(
        [Text(text, "en")]
    )
    assert isinstance(summary, Summary)
    for prompt in (prompt for batch in engine.history for prompt in batch):
        assert len(prompt) <= limit or len(prompt.split()) == 1
        words = iter(text.split())
        assert all(word in words for word in prompt.split())


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 100), st.randoms())
def test_a_selection_keeps_the_order_and_fits(lengths: list[int], limit: int, random: Any) -> None:
    best = list(range(len(lengths)))
    random.shuffle(best)
    chosen = fitting(best, lengths, limit)
    assert chosen == sorted(set(chosen))
    assert sum(lengths[index] for index in chosen) <= limit or chosen == [best[0]]
    left = [index for index in best if index not in chosen]
    room = limit - sum(lengths[index] for index in chosen)
    assert all(lengths[index] > room for index in left), "what still fits is taken"


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 100))
def test_chunks_hold_every_sentence_once_in_order_and_fit(lengths: list[int], limit: int) -> None:
    chunks = packed(lengths, limit)
    assert [index for chunk in chunks for index in chunk] == list(range(len(lengths)))
    assert all(chunk for chunk in chunks)
    assert all(len(chunk) == 1 or sum(lengths[index] for index in chunk) <= limit for chunk in chunks)


def test_no_chunk_is_a_crumb() -> None:
    assert packed([40] * 5, 100) == [[0, 1], [2], [3, 4]]


def test_a_text_in_a_language_that_the_model_does_not_know_is_summarised_by_its_own_sentences(
    summariser: Summariser,
) -> None:
    engine = FakeEngine()
    kazakh = "Наурызда мұнай өндіру азайды. Бұл туралы сейсенбі күні министрлік хабарлады."
    known, unknown = Abstractive(summariser, engine).summarise([Text(TEXTS[0], "en"), Text(kazakh, "kk")])
    assert isinstance(known, Summary)
    assert isinstance(unknown, Summary)
    assert known.engine.startswith("bart_large_cnn@")
    assert unknown == Summary(
        kazakh,
        "extractive",
        (
            Flag(
                "extractive",
                Severity.NOTE,
                "text",
                "bart_large_cnn does not summarise kk, only en, ru; these are sentences of the text",
            ),
        ),
    )
    assert engine.history == [[f" {TEXTS[0]}"]]


def test_a_text_no_longer_than_the_shortest_summary_is_its_own(summariser: Summariser) -> None:
    engine = FakeEngine()
    (summary,) = Abstractive(replace(summariser, output_minimum=60), engine).summarise([Text(TEXTS[1], "en")])
    assert isinstance(summary, Summary)
    assert (summary.text, summary.engine, engine.history) == (TEXTS[1], "extractive", [])
    assert "the text has 27 tokens, and bart_large_cnn writes at least 60" in summary.flags[0].detail


def test_what_the_model_did_not_read_or_write_to_its_end_is_flagged(summariser: Summariser) -> None:
    engine = FakeEngine()
    engine.enqueue(Generation("Oil.", 30, 20, 12, Finish.LENGTH, -0.1))
    (summary,) = Abstractive(summariser, engine).summarise([Text(TEXTS[1], "en")])
    assert isinstance(summary, Summary)
    assert [(flag.check, flag.severity, flag.where) for flag in summary.flags] == [
        ("truncated", Severity.ERROR, "summary"),
        ("unfinished", Severity.ERROR, "summary"),
    ]
    assert (summary.tokens_kept, summary.tokens_out, summary.finish) == (20, 12, Finish.LENGTH)


@pytest.mark.parametrize("long", Long)
def test_a_text_that_does_not_fit_into_memory_is_no_summary_and_the_others_are(
    summariser: Summariser, long: Long
) -> None:
    engine = FakeEngine(poison="field 2", input_limit=450 if long is Long.select else 200)
    good, bad = Abstractive(replace(summariser, long=long), engine).summarise([Text(TEXTS[0], "en"), Text(LONG, "en")])
    assert isinstance(good, Summary)
    assert isinstance(bad, NotSummarised)
    assert bad.kind == "out_of_memory"
    assert "do not fit into the memory of fake device, float32, not even alone" in bad.message
    assert "lower summariser.input_limit" in bad.message


def test_every_family_has_a_way_to_be_read_and_a_preset() -> None:
    files = [file for file in CONF.glob("summariser/*.yaml") if file.stem != "extractive"]
    assert {of_catalogue(Summariser, file.stem).family for file in files} == set(SummaryFamily) == set(READINGS)


def test_a_model_that_is_not_there_is_a_wrong_setting_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        summariser_for(preset("bart_large_cnn", tmp_path / "nowhere"), lambda pair: [], repairer(Repair()))
    assert str(told.value) == (
        f"summariser=bart_large_cnn: {tmp_path / 'nowhere'}: no such folder, and no hub id of the form owner/name"
    )


# Summaries that state what their article does not

WRONG = "Twelve people were detained in Astana."
RIGHT = "Twelve people were detained in Almaty."


def said(text: str, *others: str, finish: Finish = Finish.END) -> Generation:
    """An answer with the other hypotheses of its beam."""
    alternatives = tuple(Generation(other, 30, 30, 9, Finish.END, -0.2) for other in others)
    return Generation(text, 30, 30, 9, finish, -0.1, alternatives=alternatives)


def held(settings: Summariser, engine: Any, repair: Repair | None = None) -> Abstractive:
    """A summariser whose summaries are checked, and repaired as the settings say."""
    return Abstractive(settings, engine, summary_checker(Checks()), repairer(repair or Repair()))


def summary_of(settings: Summariser, answers: list[Generation], repair: Repair | None = None) -> Summary:
    """What comes of the first text when the model gives these answers, one after the other."""
    engine = FakeEngine()
    engine.enqueue(*answers)
    (summary,) = held(settings, engine, repair).summarise([Text(TEXTS[0], "en", "Arrests")])
    assert isinstance(summary, Summary)
    assert not engine.answers, "nothing was left to ask for"
    return summary


def checks_of(summary: Summary) -> list[str]:
    return [flag.check for flag in summary.flags]


@pytest.mark.parametrize(
    ("answers", "by", "tried"),
    [
        ([said(WRONG, WRONG, RIGHT)], "hypotheses", ("hypotheses",)),
        ([said(WRONG, "", RIGHT)], "hypotheses", ("hypotheses",)),
        ([said(WRONG), said(RIGHT)], "decoding", ("decoding",)),
        ([said(WRONG, WRONG), said(WRONG, RIGHT)], "decoding", ("hypotheses", "decoding")),
    ],
)
def test_a_summary_that_states_what_its_article_does_not_is_replaced_by_one_that_does_not(
    answers: list[Generation], by: str, tried: tuple[str, ...], summariser: Summariser
) -> None:
    summary = summary_of(summariser, answers)
    assert (summary.text, summary.repaired_by, summary.tried, summary.outcome) == (RIGHT, by, tried, "repaired")
    assert summary.engine.startswith("bart_large_cnn@")
    assert checks_of(summary) == ["repaired"]
    assert summary.flags[0].detail == f"by {by}, at first faithful: not in the article: Astana"
    assert summary.tokens_out == 9 * len(answers)


def test_where_the_model_keeps_to_the_article_in_no_way_the_summary_is_its_own_sentences(
    summariser: Summariser,
) -> None:
    summary = summary_of(summariser, [said(WRONG, WRONG), said("In Astana, 40 people were detained.")])
    assert (summary.text, summary.engine, summary.repaired_by) == (TEXTS[0], "extractive", "fallback")
    assert (summary.tried, summary.outcome) == (("hypotheses", "decoding", "fallback"), "repaired")
    assert checks_of(summary) == ["extractive", "repaired"]


def test_a_faithful_summary_is_not_made_again(summariser: Summariser) -> None:
    summary = summary_of(summariser, [said(RIGHT, WRONG)])
    assert (summary.text, summary.flags, summary.repaired_by, summary.outcome) == (RIGHT, (), "", "")


def test_the_headline_is_part_of_the_article(summariser: Summariser) -> None:
    engine = FakeEngine()
    engine.enqueue(said(WRONG))
    (summary,) = held(summariser, engine).summarise([Text(TEXTS[0], "en", "Astana condemns arrests")])
    assert isinstance(summary, Summary)
    assert (summary.text, summary.flags) == (WRONG, ())


@pytest.mark.parametrize(
    ("repair", "outcome"), [(Repair(enabled=False), ""), (Repair(rungs=[Rung.hypotheses]), "flagged")]
)
def test_what_is_not_to_be_repaired_or_cannot_be_stays_with_its_flag(
    repair: Repair, outcome: str, summariser: Summariser
) -> None:
    summary = summary_of(summariser, [said(WRONG, WRONG)], repair)
    assert (summary.text, summary.repaired_by, summary.outcome) == (WRONG, "", outcome)
    assert summary.flags == (Flag("faithful", Severity.ERROR, "summary", "not in the article: Astana"),)


def test_an_unfinished_summary_is_no_repair(summariser: Summariser) -> None:
    summary = summary_of(summariser, [said(WRONG), said(RIGHT, finish=Finish.LENGTH)])
    assert summary.engine == "extractive"


def test_a_summary_that_does_not_fit_into_memory_again_is_made_of_sentences(summariser: Summariser) -> None:
    summary = summary_of(summariser, [said(WRONG), said("", finish=Finish.OUT_OF_MEMORY)])
    assert (summary.text, summary.engine, summary.finish) == (TEXTS[0], "extractive", Finish.END)


@given(st.lists(st.sampled_from([WRONG, RIGHT, "", "In Astana, 40 were hurt."]), min_size=1, max_size=8))
def test_whatever_the_model_answers_no_summary_states_what_its_article_does_not(bart: Path, texts: list[str]) -> None:
    engine = FakeEngine()
    engine.enqueue(*(said(text, *texts[index:]) for index, text in enumerate(texts)))
    settings = preset("bart_large_cnn", bart, output_minimum=0)
    summaries = held(settings, engine).summarise([Text(TEXTS[0], "en"), Text(TEXTS[0], "en"), Text(TEXTS[1], "en")])
    for summary in summaries:
        assert isinstance(summary, Summary)
        assert "faithful" not in checks_of(summary)
        assert summary.text or checks_of(summary) == ["empty"]


def test_other_decoding_allows_other_repetitions(bart: Path, seen: Seen) -> None:
    settings = preset("bart_large_cnn", bart)
    room = Abstractive(
        settings, check=lambda pair: [Flag("faithful", Severity.ERROR, "", "never")], ladder=repairer(Repair())
    )
    room.load()
    room.summarise([Text(TEXTS[0], "en")])
    assert [options["no_repeat_ngram_size"] for options in seen.options] == [3, 2]
    assert seen.read[0] == seen.read[1]


# The whole street


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    kazakh = "Наурызда мұнай өндіру азайды. Бұл туралы сейсенбі күні министрлік хабарлады."
    texts = [("en", TEXTS[0]), ("en", LONG), ("kk", kazakh), ("en", TEXTS[2])]
    rows = [
        {"id": f"a{number}", "title": f"Title {number}", "text": text, "language": language}
        for number, (language, text) in enumerate(texts)
    ]
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def version_of(made: DigestConfig) -> tuple[list[dict[str, Any]], dict[str, Any], Path]:
    """Rows, manifest and folder of the only version."""
    folder = Path(made.outputs.root) / "digest" / "v0001"
    lines = (folder / "digest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines], json.loads((folder / "manifest.json").read_text()), folder


def test_a_digest_has_the_summaries_that_a_model_wrote_and_says_which(
    config: Callable[..., DigestConfig], articles: Path, bart: Path
) -> None:
    made = config(articles, targets=["ru"], summariser=preset("bart_large_cnn", bart, input_limit=80))
    made.max_failed_fraction = 1.0
    made.repair = Repair(enabled=False)  # random weights keep to no article
    assert run(made, {}) == 0
    rows, manifest, _ = version_of(made)
    summaries = [row["renditions"][row["language"]]["summary"] for row in rows]
    revision = manifest["models"]["summaries"]["revision"]
    assert manifest["models"]["summaries"]["name"] == "bart_large_cnn"
    assert [item["engine"] for item in summaries] == [
        f"bart_large_cnn@{revision}" if row["language"] == "en" else "extractive" for row in rows
    ]
    assert {item["derived_from"] for item in summaries} == {"text:en", "text:kk"}
    assert rows[0]["renditions"]["ru"]["summary"]["derived_from"] == "summary:en"
    assert (manifest["flags"]["selected"], manifest["flags"]["extractive"]) == (1, 1)
    figures = manifest["stages"]["summaries"]
    assert (figures["wanted"], figures["made"]) == (4, 4)
    assert figures["tokens_in"] > figures["tokens_kept"] > figures["tokens_out"] > 0
    assert figures.get("finish:end", 0) + figures.get("finish:length", 0) == 3
    assert manifest["identity"]["models"]["summaries"] == f"bart_large_cnn@{revision}"


def test_a_summary_that_does_not_fit_into_memory_fails_as_a_rendition_and_not_as_an_article(
    config: Callable[..., DigestConfig], articles: Path, bart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abstractive, "engine_for", lambda *_: FakeEngine(poison="field 2"))
    made = config(articles, targets=[], summariser=preset("bart_large_cnn", bart), max_failed_fraction=0.3)
    assert run(made, {}) == 0
    rows, manifest, folder = version_of(made)
    assert [row["id"] for row in rows] == ["a0", "a1", "a2", "a3"]
    assert [bool(row["renditions"]) for row in rows] == [True, False, True, True]
    assert manifest["failures"] == {"summaries: out_of_memory": 1}
    (failure,) = failures_of(folder)
    assert (failure.article_id, failure.stage) == ("a1", "summaries")


@pytest.mark.parametrize("strict", [False, True])
def test_an_unfinished_summary_is_flagged_and_where_that_is_asked_for_a_failure(
    strict: bool, config: Callable[..., DigestConfig], articles: Path, bart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    engine.enqueue(Generation("Oil.", 30, 30, 12, Finish.LENGTH, -0.1))
    monkeypatch.setattr(abstractive, "engine_for", lambda *_: engine)
    made = config(articles, targets=[], summariser=preset("bart_large_cnn", bart), max_failed_fraction=1.0)
    made.translate = Translate(strict_truncation=strict)
    assert run(made, {}) == 0
    _, manifest, _ = version_of(made)
    assert manifest["flags"].get("unfinished", 0) == (0 if strict else 1)
    assert manifest["failures"] == ({"summaries: unfinished": 1} if strict else {})


def test_a_dry_run_tells_what_the_summariser_would_read_and_writes_nothing(
    config: Callable[..., DigestConfig], articles: Path, bart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = config(articles, targets=[], summariser=preset("bart_large_cnn", bart, input_limit=80), dry_run=True)
    assert run(made, {}) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "bart_large_cnn" in line)
    cells = [cell.strip() for cell in row.strip("│ ").split("│")]
    tokenizer = AutoTokenizer.from_pretrained(bart)
    tokens = sum(len(tokenizer(f" {text}")["input_ids"]) for text in (TEXTS[0], LONG, TEXTS[2]))
    assert cells == ["summaries", "bart_large_cnn", "about 3", "4", "3", f"{tokens:,}", "1", "1"]
    assert not Path(made.outputs.root).exists()


def test_the_model_is_asked_for_a_text_on_one_line() -> None:
    prompt = READINGS[SummaryFamily.mt5].prompt("Oil rose.\n\nPrices fell.", "en", 3)
    assert prompt == Prompt("Oil rose. Prices fell.", "en", "en")


@pytest.mark.parametrize("level", [Level.warning, Level.off])
def test_a_translation_of_an_unfaithful_summary_says_so_too(
    level: Level, config: Callable[..., DigestConfig], articles: Path, bart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    engine.enqueue(Generation("Twelve people were detained in Astana.", 30, 30, 9, Finish.END, -0.1))
    monkeypatch.setattr(abstractive, "engine_for", lambda *_: engine)
    summariser = preset("bart_large_cnn", bart, output_minimum=0)
    made = config(articles, summariser=summariser, checks=Checks(faithful=Check(level)), targets=["ru"])
    made.articles.limit = 1
    assert run(made, {}) == 0
    ((row,), manifest, _) = version_of(made)
    for language, fields in row["renditions"].items():
        for name, rendition in fields.items():
            found = [flag for flag in rendition.get("flags", []) if flag["check"] == "faithful"]
            expected = [{"check": "faithful", "severity": "warning", "where": "summary"}]
            told = expected if name == "summary" and level is not Level.off else []
            assert [{key: flag[key] for key in ("check", "severity", "where")} for flag in found] == told, language
    assert manifest["flags"].get("faithful", 0) == (0 if level is Level.off else 2)


def test_the_digest_says_what_replaced_an_unfaithful_summary(
    config: Callable[..., DigestConfig], articles: Path, bart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    engine.enqueue(said(WRONG, RIGHT))
    monkeypatch.setattr(abstractive, "engine_for", lambda *_: engine)
    made = config(articles, targets=[], summariser=preset("bart_large_cnn", bart, output_minimum=0))
    made.articles.limit = 1
    assert run(made, {}) == 0
    ((row,), manifest, _) = version_of(made)
    summary = row["renditions"]["en"]["summary"]
    assert (summary["text"], summary["repaired_by"]) == (RIGHT, "hypotheses")
    assert manifest["repairs"] == {
        "summaries": {"tried": {"hypotheses": 1}, "repaired": {"hypotheses": 1}, "flagged": 0, "untranslated": 0}
    }
