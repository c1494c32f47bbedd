"""Chat models as summarisers: on a checkpoint with random weights, behind a server, and with answers made up."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from jobs.config import ConfigError, DigestConfig, Long, Outputs, Server
from jobs.digest import run
from jobs.models import prompts
from jobs.records import Finish, Flag, Generation, Severity
from jobs.run.summaries import summariser_for
from jobs.summarise.abstractive import Abstractive
from jobs.summarise.summary import NotSummarised, Summary, Text
from jobs.text.sentences import segment
from jobs.versions.parts import failures_of
from tests.fake_engine import FakeEngine
from tests.models.local_server import LocalServer, but, serving, status
from tests.models.test_causal import model, tokenizer
from tests.summarise.test_abstractive import LONG, TEXTS, Seen, loaded, preset, seen, version_of
from tests.tiny import CONF

KAZAKH = "Наурызда мұнай өндіру азайды. Бұл туралы сейсенбі күні министрлік хабарлады."
INSTRUCTION = (
    "Summarise the following news article in {}, in one paragraph. Number of sentences: {} at most. Begin with what "
    "happened; keep to what the article says, and take names, numbers and dates from it as they stand. Answer with the "
    "summary alone: no headline, no introduction, no list, no notes, no quotation marks around it.\n\n{}"
)
TURN = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
__all__ = ["seen"]


@pytest.fixture(scope="module")
def qwen3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qwen3")
    torch.manual_seed(5)
    words = tokenizer("qwen3")
    words.save_pretrained(folder)
    model("qwen3", words).save_pretrained(folder)
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as made:
        yield made


def around(folder: Path) -> int:
    """Tokens of the instruction and the template."""
    (count,) = Abstractive(preset("qwen3_8b", folder)).count([""], "en")
    return count


def test_a_chat_model_reads_the_instruction_in_its_own_template_with_the_language_and_does_not_think(
    qwen3: Path, seen: Seen
) -> None:
    loaded(preset("qwen3_8b", qwen3, sentences=2)).summarise([Text("Баға $5\nболды.", "kk"), Text(TEXTS[0], "en")])
    read = {AutoTokenizer.from_pretrained(qwen3).decode(row) for rows in seen.read for row in rows}
    assert read == {
        TURN.format(INSTRUCTION.format("Kazakh in Cyrillic script", 2, "Баға $5 болды.")),
        TURN.format(INSTRUCTION.format("English", 2, TEXTS[0])),
    }


def test_a_chat_model_summarises_as_a_plain_generate_call_does(qwen3: Path, seen: Seen) -> None:
    made = loaded(preset("qwen3_8b", qwen3)).summarise([Text(text, "en") for text in TEXTS[:3]])
    words, plain = AutoTokenizer.from_pretrained(qwen3), AutoModelForCausalLM.from_pretrained(qwen3).eval()
    ends = words.convert_tokens_to_ids(["<|endoftext|>", "<|im_end|>"])
    for text, summary in zip(TEXTS[:3], made, strict=True):
        assert isinstance(summary, Summary)
        batch = words(TURN.format(INSTRUCTION.format("English", 3, text)), return_tensors="pt")
        with torch.inference_mode():
            output = plain.generate(**batch, do_sample=False, max_new_tokens=12, eos_token_id=ends)
        written = output[0, batch["input_ids"].shape[1] :].tolist()
        assert summary.text == " ".join(words.decode(written, skip_special_tokens=True).split())
        assert (summary.tokens_in, summary.tokens_out) == (batch["input_ids"].shape[1], len(written))
        assert summary.engine.startswith("qwen3_8b@")


def test_what_a_chat_model_writes_around_a_summary_is_taken_off_and_told(qwen3: Path) -> None:
    engine = FakeEngine()
    answer = "It is about oil.</think>\n\nHere is the summary:\n\n**Oil** rose.\n\nPrices fell."
    engine.enqueue(Generation(answer, 30, 30, 12, Finish.END, -0.1))
    (summary,) = Abstractive(preset("qwen3_8b", qwen3), engine).summarise([Text(TEXTS[0], "en")])
    assert isinstance(summary, Summary)
    assert summary.text == "Oil rose. Prices fell."
    detail = "the model wrote more than the summary: It is about oil.</think>\n\nHere is the summary:\n\n…"
    assert summary.flags == (Flag("trimmed", Severity.NOTE, "summary", detail),)


def test_a_long_text_is_read_in_as_many_sentences_as_fit_beside_one_instruction(qwen3: Path, seen: Seen) -> None:
    sentences = [item.text for item in segment(LONG, "en")]
    (whole,) = Abstractive(preset("qwen3_8b", qwen3)).count([LONG], "en")
    room = loaded(preset("qwen3_8b", qwen3, input_limit=(around(qwen3) + whole) // 2 + 20))
    (summary,) = room.summarise([Text(LONG, "en")])
    assert isinstance(summary, Summary)
    read = AutoTokenizer.from_pretrained(qwen3).decode(seen.read[0][0])
    kept = [sentence for sentence in sentences if sentence in read]
    assert 1 < len(kept) < len(sentences)
    assert read == TURN.format(INSTRUCTION.format("English", 3, " ".join(kept)))
    assert summary.tokens_kept <= room.engine.input_limit < summary.tokens_in
    shortest = min(room.count(sentences, "en")) - around(qwen3)
    assert summary.tokens_kept + shortest > room.engine.input_limit - len(sentences), "what still fits is read"
    assert [flag.check for flag in summary.flags if flag.check != "unfinished"] == ["selected"]


def test_the_chunks_of_a_long_text_are_read_whole_each_beside_the_instruction(qwen3: Path, seen: Seen) -> None:
    room = loaded(preset("qwen3_8b", qwen3, input_limit=around(qwen3) + 120, long=Long.chunks, batch_tokens=100_000))
    (summary,) = room.summarise([Text(LONG, "en")])
    assert isinstance(summary, Summary)
    words = AutoTokenizer.from_pretrained(qwen3)
    chunks, *_, last = [[words.decode(row) for row in rows] for rows in seen.read]
    assert len(chunks) > 1 == len(last)
    opening, closing = TURN.format(INSTRUCTION.format("English", 3, "\0")).split("\0")
    texts = [row.removeprefix(opening).removesuffix(closing) for row in chunks]
    assert " ".join(sorted(texts, key=LONG.index)) == LONG
    assert all(len(row) <= room.engine.input_limit for rows in seen.read for row in rows)


def test_a_limit_that_leaves_no_room_beside_the_instruction_is_a_wrong_setting_of_one_line(qwen3: Path) -> None:
    with pytest.raises(ConfigError) as told:
        summariser_for(preset("qwen3_8b", qwen3, input_limit=60), lambda pair: [], lambda first, rungs: dict(first))
    assert str(told.value).startswith(f"summariser=qwen3_8b: {qwen3}: the instruction alone has ")
    assert str(told.value).endswith(" tokens, and it is given 60; set summariser.input_limit higher")


def test_the_prompt_file_names_the_text_the_language_and_the_length() -> None:
    assert {*prompts.instruction("summarise").get_identifiers()} == {"text", "language", "sentences"}


@pytest.mark.parametrize("name", ["qwen3_8b", "qwen3_14b", "qwen3_32b", "gemma3_4b", "kazllm_8b", "sherkala_8b"])
def test_a_chat_model_is_the_same_whether_it_summarises_or_translates(name: str) -> None:
    def told(kind: str) -> set[str]:
        lines = (CONF / kind / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
        return {line for line in lines if line.startswith(("model:", "licence:", "family:"))}

    assert told("summariser") == told("translator")


def served(server: LocalServer, **changes: Any) -> Any:
    return preset("server", "auto", server=Server(url=server.url, retries=0), **changes)


def test_a_chat_model_behind_a_server_is_asked_in_the_words_of_the_prompt_file(server: LocalServer) -> None:
    room = loaded(served(server, sentences=1))
    server.asked.clear()
    (summary,) = room.summarise([Text(KAZAKH, "kk")])
    assert isinstance(summary, Summary)
    assert summary.text == KAZAKH.upper()
    (body,) = server.asked
    assert body["messages"][0]["content"] == INSTRUCTION.format("Kazakh in Cyrillic script", 1, KAZAKH)
    assert body["max_tokens"] == 12


@pytest.mark.parametrize("long", Long)
def test_a_text_that_the_server_did_not_answer_is_no_summary_and_the_others_are(
    server: LocalServer, long: Long
) -> None:
    fault = status(400, "boom")
    server.always[LONG] = fault
    server.always.update({item.text: fault for item in segment(LONG, "en")})
    limit = {Long.select: 1000, Long.chunks: Abstractive(served(server)).count([""], "en")[0] + 30}
    room = loaded(served(server, long=long, input_limit=limit[long]))
    good, bad = room.summarise([Text("Oil rose.", "en"), Text(LONG, "en")])
    assert isinstance(good, Summary)
    assert isinstance(bad, NotSummarised)
    assert bad.kind == "no_answer"
    assert bad.message.startswith(f"{server.url} did not answer: Error code: 400 - ")


def test_a_digest_with_a_served_summariser_says_so_and_its_fingerprint_has_the_words_of_the_prompt(
    server: LocalServer, config: Callable[..., DigestConfig], tmp_path: Path
) -> None:
    texts = [("en", "Oil rose."), ("kk", KAZAKH), ("en", "Gas fell.")]
    rows = [
        {"id": f"a{index}", "title": "", "text": text, "language": code} for index, (code, text) in enumerate(texts)
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    server.always = {"Oil rose.": but(message={"content": "Summary: Oil."}), "Gas fell.": status(400, "boom")}
    made = config(path, targets=[], summariser=served(server), max_failed_fraction=0.5)
    assert run(made, {}) == 0
    digests, manifest, folder = version_of(made)
    summaries = [row["renditions"].get(row["language"], {}).get("summary") for row in digests]
    assert summaries[0]["text"] == "Oil."
    assert summaries[0]["flags"][0]["check"] == "trimmed"
    assert (summaries[1]["text"], summaries[2]) == (KAZAKH.upper(), None)
    assert [(item.article_id, item.stage, item.kind) for item in failures_of(folder)] == [
        ("a2", "summaries", "no_answer")
    ]
    told = manifest["models"]["summaries"]
    assert (told["engine"], told["ran_on"]) == ("server", {server.url: 1})
    words = (CONF / "prompts" / "summarise.txt").read_text(encoding="utf-8").strip()
    assert manifest["identity"]["prompts"] == {"summaries": words}


def test_a_summary_in_another_language_than_its_article_or_in_a_loop_is_an_error(
    server: LocalServer, config: Callable[..., DigestConfig], tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    row = {"id": "a", "title": "", "text": KAZAKH, "language": "kk"}
    path.write_text(json.dumps(row) + "\n")
    for answer, check in (
        ("Министерство сообщило, что в марте добыча упала.", "language"),
        ("мұнай " * 9, "repetition"),
    ):
        server.always[KAZAKH] = but(message={"content": answer})
        made = config(path, targets=[], summariser=served(server), outputs=Outputs(root=str(tmp_path / check)))
        assert run(made, {}) == 0
        (digest,), _, _ = version_of(made)
        (flag,) = digest["renditions"]["kk"]["summary"]["flags"]
        assert (flag["check"], flag["severity"], flag["where"]) == (check, "error", "summary")


def test_a_server_that_is_not_there_is_a_wrong_setting_of_one_line(server: LocalServer) -> None:
    server.close()
    with pytest.raises(
        ConfigError, match=r"^summariser=server: http://\S+: the server cannot be used: .*set server.url$"
    ):
        summariser_for(served(server), lambda pair: [], lambda first, rungs: dict(first))
