import json
import logging
import math
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from jobs.config import Domain, EngineKind, Family, Server, Translator
from jobs.models.engine import ModelError
from jobs.models.server import ServerEngine, find
from jobs.records import Finish, Generation, Prompt
from jobs.translate.translator import NotTranslated
from jobs.translate.translator import Translator as Room
from tests.models.local_server import (
    Fault,
    LocalServer,
    but,
    drop,
    good,
    hang,
    last_line,
    raw,
    repeats_the_key,
    serving,
    status,
)
from tests.tiny import limits

TEXT = "Oil output fell in March. The energy ministry said so on Tuesday. Prices rose by {} percent. Nobody was hurt."
KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving() as made:
        yield made


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that the client would have waited between retries; it goes on at once."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def unloaded(server: LocalServer, model: str = "tiny", **changes: Any) -> ServerEngine:
    settings = Server(url=server.url, **{"retries": 2, "timeout_s": 60.0, **changes})
    return ServerEngine(find(model, settings), limits(input_limit=100, output_limit=50, server=settings))


def loaded(server: LocalServer, **changes: Any) -> ServerEngine:
    """An engine that is ready; what the server was asked meanwhile is forgotten."""
    engine = unloaded(server, **changes)
    engine.load()
    server.asked.clear()
    return engine


def generate(engine: ServerEngine, *lines: str) -> list[Generation]:
    return engine.generate([Prompt(f"Translate:\n\n{line}", "en", "ru") for line in lines])


def test_answers_come_in_the_order_of_the_prompts_whatever_order_the_server_has(server: LocalServer) -> None:
    lines = [f"line {number}" for number in range(6)]
    answered = {line: threading.Event() for line in lines}
    for line, following in [*pairwise(lines), (lines[-1], None)]:

        def after(handler: Any, body: Any, line: str = line, following: str | None = following) -> Any:
            """Answer only when the next prompt is answered."""
            if following:
                answered[following].wait(60)
            answered[line].set()
            return good(handler, body)

        server.faults[line] = [after]
    made = generate(loaded(server, concurrency=6), *lines)
    assert [item.text for item in made] == [line.upper() for line in lines]
    assert sorted(map(last_line, server.asked)) == lines


def test_a_prompt_may_ask_for_a_longer_answer_and_against_repetitions(server: LocalServer) -> None:
    engine = loaded(server)
    engine.generate([Prompt("plain", "en", "ru")])
    engine.generate([Prompt("otherwise", "en", "ru", no_repeat_ngram=3, output_limit=100)])
    plain, otherwise = server.asked
    assert (plain["max_tokens"], "frequency_penalty" in plain) == (50, False)
    assert (otherwise["max_tokens"], otherwise["frequency_penalty"] > 0) == (100, True)


def test_as_many_requests_are_under_way_as_the_settings_allow_and_no_more(server: LocalServer) -> None:
    engine = loaded(server, concurrency=3)
    together = threading.Barrier(3, timeout=60)
    lines = [f"line {number}" for number in range(9)]

    def meet(handler: Any, body: Any) -> Any:
        together.wait()
        return good(handler, body)

    server.always = dict.fromkeys(lines, meet)
    assert [item.finish for item in generate(engine, *lines)] == [Finish.END] * 9
    assert server.most == 3


def test_a_server_that_is_too_busy_is_asked_again_when_it_says(server: LocalServer, waits: list[float]) -> None:
    server.faults["one"] = [status(429, Retry_After="17")]
    (made,) = generate(loaded(server), "one")
    assert (made.text, server.times("one"), waits) == ("ONE", 2, [17.0])


def test_pauses_between_retries_grow(server: LocalServer, waits: list[float]) -> None:
    server.faults["one"] = [status(500), status(503), status(502)]
    (made,) = generate(loaded(server, retries=3), "one")
    assert (made.text, server.times("one")) == ("ONE", 4)
    assert 0 < waits[0] < waits[1] < waits[2]


@pytest.mark.parametrize("fault", [hang, drop], ids=["hangs", "drops the connection half-way"])
def test_a_request_that_was_not_answered_is_sent_again(server: LocalServer, waits: list[float], fault: Fault) -> None:
    server.faults["one"] = [fault]
    (made,) = generate(loaded(server, timeout_s=2.0), "one")
    assert (made.text, server.times("one"), len(waits)) == ("ONE", 2, 1)


@pytest.mark.parametrize(
    ("fault", "asked", "problem"),
    [
        (status(500, "boom"), 3, "Error code: 500 - boom"),
        (status(429, "slow down"), 3, "Error code: 429 - "),
        (hang, 3, "no answer within 1 seconds"),
        (drop, 3, "no connection: "),
        (status(400, "too long"), 1, "Error code: 400 - too long"),
        (status(401), 1, "Error code: 401 - "),
        (status(404), 1, "Error code: 404 - "),
        (raw('{"choices": ['), 1, "the answer is no JSON: "),
        (raw("[]"), 1, "the answer has no text in it"),
        (raw('{"choices": []}'), 1, "the answer has no text in it"),
        (raw('{"choices": {"a": 1}}'), 1, "the answer has no text in it"),
        (raw('{"choices": [null]}'), 1, "the answer has no text in it"),
        (but(message={"content": None}), 1, "the answer has no text in it"),
        (but(finish_reason="content_filter"), 1, "the answer ended with finish_reason 'content_filter'"),
        (but(finish_reason=None), 1, "the answer ended with finish_reason None"),
    ],
)
def test_a_prompt_that_fails_for_good_comes_back_without_text_and_the_others_with_theirs(
    server: LocalServer, waits: list[float], fault: Fault, asked: int, problem: str
) -> None:
    server.always["bad"] = fault
    before, bad, after = generate(loaded(server, timeout_s=1.0, concurrency=1), "one", "bad", "two")
    assert (before.text, after.text) == ("ONE", "TWO")
    assert (bad.text, bad.finish, server.times("bad")) == ("", Finish.NO_ANSWER, asked)
    assert bad.problem.startswith(f"{server.url} did not answer: {problem}")
    assert "\n" not in bad.problem


def test_a_server_that_answers_nothing_any_more_stops_the_run(server: LocalServer, waits: list[float]) -> None:
    engine = loaded(server)
    server.close()
    with pytest.raises(ModelError) as told:
        generate(engine, "one", "two")
    assert f"{server.url}: tiny does not answer: no connection: " in str(told.value)
    assert "run the same command again" in str(told.value)


def test_nothing_more_is_asked_once_the_engine_is_closed(server: LocalServer) -> None:
    engine = loaded(server)
    engine.close()
    with pytest.raises(ModelError, match="closed before all was asked"):
        generate(engine, "one", "two")
    assert server.asked == []


def test_a_server_that_cannot_be_reached_stops_the_stage_when_it_loads(server: LocalServer, waits: list[float]) -> None:
    engine = unloaded(server)
    server.close()
    with pytest.raises(ModelError) as told:
        engine.load()
    assert str(told.value).startswith(f"{server.url}: the server cannot be used: no connection: ")
    assert str(told.value).endswith("start it, or set server.url")


@pytest.mark.parametrize("code", [400, 401, 404])
def test_a_refusal_of_every_prompt_stops_the_stage_when_it_loads_and_is_not_repeated(
    server: LocalServer, waits: list[float], code: int
) -> None:
    server.always["Hello."] = status(code, "not for you")
    with pytest.raises(ModelError, match=rf"tiny does not answer: Error code: {code} - .*not for you"):
        unloaded(server).load()
    assert (len(server.asked), waits) == (1, [])


def test_the_only_model_of_a_server_needs_no_name_and_one_of_several_does(server: LocalServer) -> None:
    settings = Server(url=server.url)
    assert find("auto", settings) == find("tiny", settings)
    server.models = [{"id": "b"}, {"id": "a"}]
    with pytest.raises(ModelError, match=r"it has the models a, b; set model to the name of one"):
        find("auto", settings)
    server.models = []
    with pytest.raises(ModelError, match="it does not tell which models it has"):
        find("auto", settings)
    assert find("tiny", settings).source == "tiny"


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_server_that_is_not_up_yet_is_not_one_without_a_list_of_models(
    server: LocalServer, waits: list[float], code: int
) -> None:
    server.listing = code
    with pytest.raises(ModelError, match=f"{server.url}: the server cannot be used: Error code: {code}"):
        find("tiny", Server(url=server.url))


def test_the_same_model_elsewhere_is_the_same_model() -> None:
    told = [{"id": "tiny", "owned_by": "vllm", "root": "/models/tiny", "created": 1}]
    with serving(told) as one, serving([{**told[0], "created": 2}]) as other:
        assert find("tiny", Server(url=one.url)) == find("tiny", Server(url=other.url))
        other.models[0]["root"] = "/models/tiny-2"
        assert find("tiny", Server(url=one.url)) != find("tiny", Server(url=other.url))


def test_another_model_under_the_same_name_is_not_mixed_into_a_run(server: LocalServer) -> None:
    engine = unloaded(server)
    server.models[0]["root"] = "/models/other"
    with pytest.raises(ModelError, match="tiny is another model now than when the run began"):
        engine.load()


def test_the_model_is_asked_for_its_likeliest_answer(server: LocalServer) -> None:
    generate(loaded(server), "one")
    assert server.asked == [
        {
            "model": "tiny",
            "messages": [{"role": "user", "content": "Translate:\n\none"}],
            "temperature": 0,
            "seed": 0,
            "max_tokens": 50,
            "logprobs": True,
        }
    ]


def test_the_server_is_told_of_thinking_only_when_a_setting_says_so(server: LocalServer) -> None:
    generate(loaded(server, no_thinking=True), "one")
    assert server.asked[0]["chat_template_kwargs"] == {"enable_thinking": False}


def test_tokens_and_score_are_the_servers(server: LocalServer, caplog: pytest.LogCaptureFixture) -> None:
    (made,) = generate(loaded(server), "one")
    assert made == Generation("ONE", 11, 11, 2, Finish.END, -0.5)
    assert "estimated" not in caplog.text


def test_tokens_that_the_server_does_not_tell_are_estimated_and_the_log_says_so(
    server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    untold = raw('{"choices": [{"finish_reason": "length", "message": {"content": "Нефть"}}]}')
    server.always = {"Hello.": untold, "one": untold}
    (made,) = generate(loaded(server), "one")
    assert (made.tokens_in, made.tokens_out, made.finish) == (math.ceil(len("Translate:\n\none") / 3), 4, Finish.LENGTH)
    assert f"{server.url} tells no numbers of tokens; they are estimated by characters" in caplog.messages


def test_without_a_score_nothing_is_out_of_domain(server: LocalServer) -> None:
    room = translator(server, domain=Domain(lowest_score=-0.1))
    server.always["Oil rose."] = but(logprobs=None)
    low, untold = room.translate([("Gas rose.", "en"), ("Oil rose.", "en")])
    assert [flag.check for flag in low.flags] == ["out_of_domain"]  # type: ignore[union-attr]
    assert untold.flags == ()  # type: ignore[union-attr]


def test_tokens_are_guessed_too_high_rather_than_too_low(server: LocalServer, chat_model: Path) -> None:
    guess = unloaded(server)
    assert guess.count_tokens(["", "Oil rose.", "Нефть"]) == [0, 3, 4]
    counted = unloaded(server, tokenizer=str(chat_model))
    tokenizer = PreTrainedTokenizerFast.from_pretrained(chat_model)
    assert counted.count_tokens(["Oil rose.", "Нефть"]) == [
        len(tokenizer(text).input_ids) for text in ("Oil rose.", "Нефть")
    ]


def test_the_key_goes_to_the_server_and_nowhere_else(
    server: LocalServer, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)
    engine = loaded(server)
    server.always = {"bad": repeats_the_key(400), "worse": repeats_the_key(500)}
    made = generate(engine, "one", "bad", "worse")
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert ["wrong: Bearer ***" in item.problem for item in made] == [False, True, True]
    server.always["Hello."] = repeats_the_key(401)
    with pytest.raises(ModelError, match=r"wrong: Bearer \*\*\*") as told:
        engine.load()
    assert any(record.name.startswith("openai") for record in caplog.records)
    assert KEY not in "".join([caplog.text, str(told.value), repr(made), repr(engine.server)])


def test_the_key_is_read_from_the_variable_that_the_settings_name(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPU7_KEY", "other\n")
    loaded(server, key_variable="GPU7_KEY")
    assert set(server.keys) == {"Bearer other"}
    monkeypatch.setenv("GPU7_KEY", "two words")
    with pytest.raises(ModelError) as told:
        unloaded(server, key_variable="GPU7_KEY")
    assert str(told.value) == "GPU7_KEY: the key has spaces or letters that cannot be sent; set it again"


def translator(server: LocalServer, **changes: Any) -> Room:
    """A translator into Russian, with its server ready."""
    settings = Translator(
        name="server",
        model="tiny",
        family=Family.chat,
        engine=EngineKind.server,
        sources=["en", "kk"],
        tags={"ru": "auto"},
        beams=1,
        server=Server(url=server.url, retries=0),
        **changes,
    )
    room = Room(settings, "ru")
    room.engine.load()
    server.asked.clear()
    return room


def test_a_chat_model_is_asked_in_the_words_of_the_prompt_file(server: LocalServer) -> None:
    (made,) = translator(server).translate([("Fuel costs  $5.", "kk")])
    assert made.text == "FUEL COSTS $5."  # type: ignore[union-attr]
    (body,) = server.asked
    words = body["messages"][0]["content"]
    assert words.startswith("Translate the following")
    assert "from Kazakh in Cyrillic script into Russian." in words
    assert words.endswith("\n\nFuel costs $5.")


def test_a_text_with_a_segment_that_was_not_answered_is_no_text(server: LocalServer) -> None:
    server.always["Bad one."] = status(500, "boom")
    texts = [("Good one.", "en"), ("Good one. Bad one.", "en")]
    fine, bad = translator(server).translate(texts)
    assert fine.text == "GOOD ONE."  # type: ignore[union-attr]
    assert isinstance(bad, NotTranslated)
    assert bad.kind == "no_answer"
    assert bad.message.startswith(f"segment 2 of 2: {server.url} did not answer: Error code: 500 - ")


def test_a_piece_of_a_long_segment_that_was_not_answered_leaves_no_text_either(server: LocalServer) -> None:
    long = "The ministry said output fell in March; prices rose by 1,000 tenge, and nobody in the city was hurt."
    room = translator(server, input_limit=90)
    server.always["The ministry said output fell in March;"] = status(400, "boom")
    (bad,) = room.translate([(long, "en")])
    assert isinstance(bad, NotTranslated)
    assert "boom" in bad.message


Digest = Callable[..., "subprocess.CompletedProcess[str]"]


def overrides(server: LocalServer, folder: Path) -> list[str]:
    """Three articles, into Russian with a server."""
    rows = [
        {"id": f"a{number}", "title": f"Title {number}", "text": TEXT.format(number), "language": "en"}
        for number in range(3)
    ]
    (folder / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    ru = "translators.ru"
    return [
        *("articles=jsonl", "articles.path=a.jsonl", "targets=[ru]", "max_failed_fraction=1", "self_test=false"),
        *(f"translator@{ru}=server", f"{ru}.server.url={server.url}", f"{ru}.server.retries=0"),
    ]


def test_a_digest_is_made_with_a_server_and_the_key_is_in_none_of_its_files(
    server: LocalServer, digest: Digest, tmp_path: Path
) -> None:
    server.always["Title 0"] = repeats_the_key(400)
    done = digest(overrides(server, tmp_path), tmp_path)
    assert done.returncode == 0, done.stderr
    version = tmp_path / done.stdout.splitlines()[-1]
    rows = [json.loads(line) for line in (version / "digest.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [sorted(row["renditions"]["ru"]) for row in rows] == [
        ["summary"],
        ["summary", "title"],
        ["summary", "title"],
    ]
    assert rows[1]["renditions"]["ru"]["title"]["text"] == "TITLE 1"
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["models"]["ru"]["engine"] == "server"
    assert manifest["models"]["ru"]["revision"].startswith("tiny:")
    assert manifest["failures"] == {"translations-ru: no_answer": 1}
    assert set(server.keys) == {f"Bearer {KEY}"}
    files = [file for file in version.rglob("*") if file.is_file()]
    assert {"config.yaml", "manifest.json", "run.log"} <= {file.name for file in files}
    assert [file for file in files if KEY.encode() in file.read_bytes()] == []
    assert KEY not in done.stdout + done.stderr


def test_a_digest_stops_at_once_where_the_server_is_not_there(
    server: LocalServer, digest: Digest, tmp_path: Path
) -> None:
    server.close()
    done = digest(overrides(server, tmp_path), tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert f"{server.url}: the server cannot be used: no connection" in done.stderr
    assert not list(tmp_path.rglob("v0001"))


TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama checkpoint with random weights, a vocabulary of bytes and a chat template."""
    folder = tmp_path_factory.mktemp("llama")
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(["Oil output fell in March.", "Добыча нефти упала в марте."], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>", pad_token="<|end|>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=0.5,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def transformers_serve(chat_model: Path) -> Iterator[str]:
    """The address of `transformers serve` with that checkpoint."""
    from transformers.cli.serve import Serve

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Serve(str(chat_model), host="127.0.0.1", port=port, device="cpu", dtype="float32", non_blocking=True)
    try:
        for _ in range(600):
            try:
                urlopen(f"http://127.0.0.1:{port}/health", timeout=10).close()
                break
            except OSError:
                threading.Event().wait(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        running.kill_server()


def test_transformers_serve_answers_as_the_model_does_when_it_is_called_by_hand(
    transformers_serve: str, chat_model: Path
) -> None:
    settings = Server(url=transformers_serve, concurrency=2, retries=0)
    engine = ServerEngine(find(str(chat_model), settings), limits(input_limit=100, output_limit=8, server=settings))
    engine.load()
    texts = ["Oil output fell in March.", "Нефть."]
    made = engine.generate([Prompt(text, "en", "ru") for text in texts])
    engine.close()
    model = LlamaForCausalLM.from_pretrained(chat_model)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(chat_model)
    for text, generation in zip(texts, made, strict=True):
        chat = [{"role": "user", "content": text}]
        inputs = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        output = model.generate(**inputs, do_sample=False, max_new_tokens=8)[0, inputs["input_ids"].shape[1] :]
        assert generation.text == tokenizer.decode(output, skip_special_tokens=True).strip()
        assert (generation.tokens_in, generation.tokens_out) == (inputs["input_ids"].shape[1], len(output))
        assert generation.finish is (Finish.LENGTH if len(output) == 8 else Finish.END)
