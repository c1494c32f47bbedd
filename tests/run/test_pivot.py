"""Articles in a language that the summariser does not know: translated, summarised, and the summary translated back."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.config import (
    ConfigError,
    DigestConfig,
    EngineKind,
    Glossary,
    Order,
    Pivot,
    Repair,
    Summariser,
    SummaryFamily,
    Translate,
    Translator,
)
from jobs.digest import run
from jobs.models.engine import ModelError
from jobs.records import Finish, Generation
from jobs.summarise import abstractive
from jobs.translate import translator
from jobs.trust.selftest import SENTENCES
from jobs.versions.parts import failures_of
from tests.fake_engine import FakeEngine
from tests.tiny import killed_at, random_translators

KAZAKH = "Наурызда мұнай өндіру азайды. Бұл туралы сейсенбі күні министрлік хабарлады."
ENGLISH = "Oil output fell in March. The energy ministry said so on Tuesday."
IN_RUSSIAN = KAZAKH.upper()
Make = Callable[..., DigestConfig]


class Writer(FakeEngine):
    """Answers with what `write` makes of a prompt without its tag, and fails where the text has the poison."""

    def __init__(self, write: Callable[[str], str], **limits: Any) -> None:
        super().__init__(**limits)
        self.write = write

    def _echo(self, text: str) -> Generation:
        bare = text.removeprefix(">>rus<< ").removeprefix(">>kaz<< ")
        return Generation(self.write(bare), len(text), len(text), 1, Finish.END, -0.1)


class Engines:
    """The engines of a run: upper case is Russian, a summary is the first sentence, and title case is Kazakh again.

    Attributes:
        poison: kind of engine -> text that it has no room for.
        asked: every prompt of a translator, in their order.
    """

    def __init__(self) -> None:
        self.poison: dict[str, str] = {}
        self.made: list[FakeEngine] = []

    def translating(self, settings: Translator, _: object) -> FakeEngine:
        self.made.append(Writer(self.write(settings.name), poison=self.poison.get(settings.name)))
        return self.made[-1]

    def write(self, name: str) -> Callable[[str], str]:
        return {"to_ru": str.upper, "to_kk": str.title}[name]

    def summarising(self, *_: object) -> FakeEngine:
        return Writer(lambda text: text.split(". ")[0] + ".", poison=self.poison.get("writer"))

    @property
    def asked(self) -> list[str]:
        return [text for engine in self.made for batch in engine.history for text in batch]


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    found = Engines()
    monkeypatch.setattr(translator, "engine_for", found.translating)
    monkeypatch.setattr(abstractive, "engine_for", found.summarising)
    return found


@pytest.fixture
def writer(random_marian: Path) -> Summariser:
    """A summariser of English and Russian, with Russian as the pivot of Kazakh."""
    return Summariser(
        name="writer",
        model=str(random_marian),
        family=SummaryFamily.t5,
        languages=["en", "ru"],
        pivot=Pivot(kk="ru"),
        beams=1,
        input_limit=64,
        output_limit=12,
    )


@pytest.fixture
def pivoted(config: Make, writer: Summariser, settings: Translator, tmp_path: Path) -> Make:
    """A configuration over two Kazakh articles and an English one, with translators between all languages."""
    rows = [("kk", KAZAKH), ("en", ENGLISH), ("kk", f"{KAZAKH} Баға 5 пайызға өсті.")]
    path = tmp_path / "a.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": f"a{number}", "title": f"Title {number}", "text": text, "language": language}) + "\n"
            for number, (language, text) in enumerate(rows)
        )
    )
    every = replace(settings, sources=["en", "ru", "kk"])

    def make(**changes: Any) -> DigestConfig:
        values = {
            "summariser": writer,
            "translators": {name: replace(every, name=f"to_{name}") for name in ("ru", "kk")},
            "targets": [],
            "glossary": Glossary(kazakhstan=False),
            "repair": Repair(enabled=False),  # what the translators answer is Kazakh still
            "max_failed_fraction": 1.0,
            **changes,
        }
        return config(path, **values)

    return make


def test_a_summariser_that_knows_none_of_the_languages_is_not_loaded(
    pivoted: Make, writer: Summariser, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(Writer, "load", lambda _: loaded.append("once"))
    made = pivoted(summariser=replace(writer, languages=["ru"], pivot=Pivot()))
    assert run(made, {}) == 0
    assert loaded == []
    assert [row["renditions"][row["language"]]["summary"]["engine"] for row in digests(made)] == ["extractive"] * 3


def version(made: DigestConfig, name: str = "latest") -> Path:
    return Path(made.outputs.root) / "digest" / name


def digests(made: DigestConfig, name: str = "latest") -> list[dict[str, Any]]:
    lines = (version(made, name) / "digest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def manifest(made: DigestConfig, name: str = "latest") -> dict[str, Any]:
    return dict(json.loads((version(made, name) / "manifest.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("order", list(Order))
def test_a_summary_is_written_in_the_pivot_language_and_comes_back_with_the_way_that_it_took(
    order: Order, pivoted: Make, engines: Engines
) -> None:
    made = pivoted(order=order)
    assert run(made, {}) == 0
    kazakh, english, _ = digests(made)
    summary = kazakh["renditions"]["kk"]["summary"]
    revision = manifest(made)["models"]["summaries"]["revision"]
    assert summary["text"] == "Наурызда Мұнай Өндіру Азайды."
    assert (summary["derived_from"], summary["engine"]) == ("summary:ru", f"to_kk@{revision}")
    pivot = next(flag for flag in summary["flags"] if flag["check"] == "pivot")
    way = f"by to_ru@{revision} (errors flagged: 2), summarised by writer@{revision}, translated back"
    assert (pivot["severity"], pivot["detail"]) == ("note", f"translated into ru {way}")
    assert english["renditions"]["en"]["summary"]["engine"] == f"writer@{revision}"
    assert (set(kazakh["renditions"]), set(english["renditions"])) == ({"kk"}, {"en"})
    assert manifest(made)["flags"]["pivot"] == 2
    assert manifest(made)["failures"] == {}
    assert not any("Oil" in text for text in engines.asked)


@pytest.mark.parametrize("order", list(Order))
def test_nothing_is_translated_twice_where_the_pivot_language_is_a_target(
    order: Order, pivoted: Make, engines: Engines
) -> None:
    made = pivoted(order=order, targets=["ru"], translate=Translate(fields=["title", "summary", "text"]))
    assert run(made, {}) == 0
    kazakh, english, _ = digests(made)
    russian = kazakh["renditions"]["ru"]
    assert {name: item["derived_from"] for name, item in russian.items()} == {
        "title": "title:kk",
        "text": "text:kk",
        "summary": "text:ru",
    }
    assert russian["text"]["text"] == IN_RUSSIAN
    assert russian["summary"]["text"] == "НАУРЫЗДА МҰНАЙ ӨНДІРУ АЗАЙДЫ."
    assert kazakh["renditions"]["kk"]["summary"]["derived_from"] == "summary:ru"
    assert set(english["renditions"]["ru"]) == {"title", "summary", "text"}
    into_russian = [text for text in engines.asked if text.startswith(">>rus<<") and "азайды" in text]
    assert into_russian == [f">>rus<< {KAZAKH.split('. ')[0]}."]


def test_the_pages_of_a_target_have_the_fields_that_are_asked_for_and_no_others(
    pivoted: Make, engines: Engines
) -> None:
    made = pivoted(targets=["ru"])
    assert run(made, {}) == 0
    assert [sorted(row["renditions"]["ru"]) for row in digests(made)] == [["summary", "title"]] * 3


@pytest.mark.parametrize(
    ("engine", "poison", "failure"),
    [
        ("to_ru", "өсті", "pivot-ru: out_of_memory"),
        ("writer", "ӨСТІ", "summaries: out_of_memory"),
        ("to_kk", "НАУРЫЗДА", "pivot-kk: out_of_memory"),
    ],
)
def test_wherever_the_way_is_cut_the_summary_is_made_of_the_articles_own_sentences_and_says_so(
    engine: str, poison: str, failure: str, pivoted: Make, engines: Engines
) -> None:
    engines.poison[engine] = poison
    made = pivoted()
    assert run(made, {}) == 0
    summary = digests(made)[2]["renditions"]["kk"]["summary"]
    assert (summary["text"], summary["engine"]) == (f"{KAZAKH} Баға 5 пайызға өсті.", "extractive")
    assert summary["derived_from"] == "text:kk"
    assert [flag["check"] for flag in summary["flags"]] == ["extractive"]
    assert manifest(made)["failures"].keys() == {failure}
    assert {item.article_id for item in failures_of(version(made))} == ({"a0", "a2"} if engine == "to_kk" else {"a2"})


RUSSIAN = {
    "Наурызда мұнай өндіру азайды.": "Добыча нефти в марте сократилась.",
    "Бұл туралы сейсенбі күні министрлік хабарлады.": "Об этом во вторник сообщило министерство.",
    "Баға 5 пайызға өсті.": "Цены выросли на 5 процентов.",
}


def test_a_summary_that_stays_in_the_pivot_language_is_not_taken_for_one_that_came_back(
    pivoted: Make, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "write", lambda name: lambda text: RUSSIAN.get(text, text))
    made = pivoted(repair=Repair())
    assert run(made, {}) == 0
    summaries = [row["renditions"][row["language"]]["summary"] for row in digests(made)]
    assert [item["engine"] for item in summaries[::2]] == ["extractive", "extractive"]
    assert summaries[0]["text"] == KAZAKH
    (failure, _) = (item for item in failures_of(version(made)) if item.stage == "pivot-kk")
    assert (failure.kind, failure.message) == (
        "untranslated",
        "summary: segment 1: Добыча нефти в марте сократилась.",
    )


def test_a_summary_with_a_sentence_that_was_not_translated_into_the_pivot_language_does_not_come_back(
    pivoted: Make, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict(list(RUSSIAN.items())[1:]) | {russian: kazakh for kazakh, russian in RUSSIAN.items()}
    monkeypatch.setattr(engines, "write", lambda name: lambda text: known.get(text, text))
    made = pivoted(repair=Repair())
    assert run(made, {}) == 0
    assert [row["renditions"][row["language"]]["summary"]["engine"] for row in digests(made)][::2] == ["extractive"] * 2
    assert not any(text.startswith(">>kaz<<") for text in engines.asked)


def test_a_text_too_short_for_the_model_is_not_sent_there_and_back(
    pivoted: Make, engines: Engines, writer: Summariser
) -> None:
    made = pivoted(summariser=replace(writer, output_minimum=len(KAZAKH) + 5, output_limit=200, input_limit=400))
    assert run(made, {}) == 0
    short, _, long = (row["renditions"][row["language"]]["summary"] for row in digests(made))
    assert (short["text"], short["engine"]) == (KAZAKH, "extractive")
    assert "no summary came back from ru" in short["flags"][0]["detail"]
    assert long["derived_from"] == "summary:ru"


def test_what_is_flagged_in_the_pivot_language_is_flagged_in_the_summary_that_came_back_and_counted_once(
    pivoted: Make, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = Generation("ӨНДІРУ.", 90, 90, 12, Finish.LENGTH, -0.1)
    engine = FakeEngine()
    monkeypatch.setattr(engine, "generate", lambda prompts: [ended for _ in prompts])
    monkeypatch.setattr(abstractive, "engine_for", lambda *_: engine)
    made = pivoted()
    assert run(made, {}) == 0
    assert "unfinished" in [flag["check"] for flag in digests(made)[0]["renditions"]["kk"]["summary"]["flags"]]
    assert manifest(made)["flags"]["unfinished"] == 3


def test_latin_script_is_made_of_the_summary_that_came_back(pivoted: Make, engines: Engines) -> None:
    made = pivoted(targets=["kk-Latn"])
    assert run(made, {}) == 0
    assert digests(made)[0]["renditions"]["kk-Latn"]["summary"]["text"] == "Nauryzda Mūnai Öndıru Azaidy."


def test_a_direction_that_the_translators_do_not_have_is_refused_before_anything_is_written(
    pivoted: Make, settings: Translator, tmp_path: Path
) -> None:
    english, every = replace(settings, name="english"), replace(settings, name="every", sources=["ru", "kk"])
    for translators, direction in (
        ({"ru": english, "kk": every}, "english does not translate kk→ru, only en→ru, en→kk"),
        ({"ru": every, "kk": english}, "english does not translate ru→kk, only en→ru, en→kk"),
    ):
        with pytest.raises(ConfigError) as told:
            run(pivoted(translators=translators), {})
        assert str(told.value).startswith(f"summariser.pivot.kk=ru: {direction}; choose another model with")
        assert "\n" not in str(told.value)
    assert not list(tmp_path.rglob("v0001"))


@pytest.mark.parametrize(("poor", "stage", "asked"), [("to_ru", "pivot-ru", "kk"), ("to_kk", "pivot-kk", "ru")])
def test_a_translator_is_tested_in_the_direction_of_the_pivot_before_a_night_is_spent_on_it(
    poor: str, stage: str, asked: str, pivoted: Make, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering = dict(zip(SENTENCES["kk"], SENTENCES["ru"], strict=True)) | dict(
        zip(SENTENCES["ru"], SENTENCES["kk"], strict=True)
    )
    monkeypatch.setattr(engines, "write", lambda name: lambda text: text if name == poor else rendering.get(text, text))
    with pytest.raises(ModelError, match=rf"^{stage}: {poor} failed the self-test: asked for «{SENTENCES[asked][0]}»"):
        run(pivoted(self_test=True), {})


def test_a_pivot_with_the_demo_translator_is_refused_in_one_line(
    digest: Callable[..., "subprocess.CompletedProcess[str]"], random_marian: Path, tmp_path: Path
) -> None:
    done = digest(
        ["use=research", "summariser=xlsum", f"summariser.model={random_marian}", "summariser.pivot={kk: ru}"], tmp_path
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("tolmach digest: summariser.pivot.kk=ru: demo does not translate kk→ru, only en→ru")
    assert list(tmp_path.iterdir()) == []


def test_the_translators_of_a_pivot_need_a_licence_and_tell_their_notice_like_those_of_targets(
    pivoted: Make, engines: Engines, settings: Translator
) -> None:
    every = replace(settings, sources=["ru", "kk"])
    back = replace(every, name="to_kk", notice="not fit for publication")
    made = pivoted(translators={"ru": replace(every, name="to_ru"), "kk": back})
    assert run(made, {}) == 0
    assert digests(made)[0]["notices"] == ["not fit for publication"]
    with pytest.raises(ConfigError, match=r"^translators.kk=to_kk: its licence CC-BY-NC-4.0 forbids commercial use"):
        pivoted(translators={"ru": every, "kk": replace(back, licence="CC-BY-NC-4.0")})


def test_the_manifest_names_the_models_of_the_pivot_and_another_pivot_is_another_version(
    pivoted: Make, engines: Engines, writer: Summariser
) -> None:
    made = pivoted()
    assert run(made, {}) == 0
    told = manifest(made)
    assert {name: model["name"] for name, model in told["models"].items()} == {
        "pivot-ru": "to_ru",
        "summaries": "writer",
        "pivot-kk": "to_kk",
    }
    assert told["models"]["pivot-kk"]["ran_on"] == {"fake device, float32": 1}
    assert told["identity"]["config"]["translators"].keys() == {"kk", "ru"}
    figures = {name: (stage["wanted"], stage["made"]) for name, stage in told["stages"].items() if "made" in stage}
    assert figures == {"pivot-ru": (4, 4), "summaries": (3, 3), "pivot-kk": (2, 2)}
    assert run(pivoted(summariser=replace(writer, pivot=Pivot())), {}) == 0
    assert manifest(made, "v0002")["fingerprint"] != told["fingerprint"]
    assert digests(made)[0]["renditions"]["kk"]["summary"]["engine"] == "extractive"


@pytest.mark.parametrize("lost", ["pivot-ru", "summaries", "pivot-kk"])
def test_a_part_that_was_lost_is_made_again_and_the_other_stages_are_kept(
    lost: str, pivoted: Make, engines: Engines
) -> None:
    made = pivoted()
    assert run(made, {}) == 0
    folder = version(made, "v0001")
    before = (folder / "digest.jsonl").read_bytes()
    told = manifest(made)
    (folder / "manifest.json").write_text(json.dumps(told | {"status": "running"}))
    (folder / lost / "_part-00000.done.json").unlink()
    others = [path for path in folder.glob("*/part-*.parquet") if path.parent.name != lost]
    kept = {path: path.stat().st_mtime_ns for path in others}
    assert run(made, {}) == 0
    assert (folder / "digest.jsonl").read_bytes() == before
    assert {path: path.stat().st_mtime_ns for path in others} == kept
    assert not version(made, "v0002").exists()


def test_a_dry_run_counts_what_each_model_of_the_pivot_would_read(
    pivoted: Make, engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    made = pivoted(targets=["ru"], dry_run=True)
    assert run(made, {}) == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    texts = {row[0]: (row[1], row[3], row[-1]) for row in rows if len(row) == 8}
    assert texts == {
        "pivot-ru": ("to_ru", "4", "0"),
        "summaries": ("writer", "3", "0"),
        "pivot-kk": ("to_kk", "2", "0"),
        "translations-ru": ("to_ru", "2", "0"),
    }
    assert engines.asked == []
    assert not version(made).exists()


def test_a_run_with_a_pivot_that_is_killed_ends_with_the_digest_of_an_undisturbed_one(
    random_marian: Path, tmp_path: Path
) -> None:
    rows = [{"id": f"a{number}", "title": "", "text": KAZAKH, "language": "kk"} for number in range(9)]
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({**row, "text": f"{row['text']} Баға {row['id'][1]} теңге."}) + "\n" for row in rows)
    )
    command = [
        *(sys.executable, "-m", "jobs.digest", "articles=jsonl", f"articles.path={tmp_path / 'a.jsonl'}", "targets=[]"),
        *("summariser.name=writer", "summariser.family=t5", f"summariser.model={random_marian}"),
        *("summariser.languages=[ru]", "summariser.pivot={kk: ru}", "summariser.output_limit=8", "summariser.beams=1"),
        *(f"translators.{code}.sources=[ru,kk]" for code in ("ru", "kk")),
        *random_translators(random_marian),
        *(f"translators.{code}.output_limit=8" for code in ("ru", "kk")),
        *("outputs.part_articles=3", "max_failed_fraction=1", "self_test=false", "repair=off"),
    ]
    done = subprocess.run([*command, f"outputs.root={tmp_path / 'whole'}"], check=True, capture_output=True, text=True)
    assert "pivot" in (Path(done.stdout.splitlines()[-1]) / "digest.kk.md").read_text(encoding="utf-8")
    command.append(f"outputs.root={tmp_path / 'killed'}")
    made = tmp_path / "killed" / "digest" / "v0001"
    for stage in ("pivot-ru", "summaries", "pivot-kk"):
        killed_at(command, made / stage / "_part-00001.done.json")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert Path(done.stdout.splitlines()[-1]) == made
    assert (made / "digest.jsonl").read_bytes() == (tmp_path / "whole/digest/v0001/digest.jsonl").read_bytes()


def test_engines_are_real_from_end_to_end(pivoted: Make) -> None:
    made = pivoted(targets=["ru"])
    made.translators["ru"].engine = EngineKind.transformers
    assert run(made, {}) == 0
    summary = digests(made)[0]["renditions"]["kk"]["summary"]
    assert (summary["derived_from"], bool(summary["text"])) == ("summary:ru", True)
    ran = {name: list(model["ran_on"]) for name, model in manifest(made)["models"].items()}
    assert ran == {
        "pivot-ru": ["cpu, float32 (transformers)"],
        "summaries": ["cpu, float32 (transformers)"],
        "pivot-kk": ["cpu, int8_float32 (ctranslate2)"],
        "ru": ["cpu, float32 (transformers)"],
    }
