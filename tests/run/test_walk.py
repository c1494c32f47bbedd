import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.config import (
    Check,
    Checks,
    ConfigError,
    DigestConfig,
    Glossary,
    Level,
    Order,
    Repair,
    Rung,
    Translate,
    Translator,
)
from jobs.digest import run
from jobs.models.engine import ModelError
from jobs.models.engines import engine_for
from jobs.records import Finish, Generation, Prompt
from jobs.translate import translator
from jobs.trust.selftest import SENTENCES
from jobs.versions.parts import failures_of
from tests.fake_engine import FakeEngine
from tests.tiny import killed_at, random_translators

Make = Callable[..., DigestConfig]
TEXTS = {
    "en": "Oil output fell in March. The energy ministry said so on Tuesday. Prices rose by {n} percent. Nobody was hurt.",
    "ru": "Добыча нефти упала в марте. Об этом во вторник сообщило министерство. Цены выросли на {n} процентов.",
    "kk": "Наурызда мұнай өндіру азайды. Бұл туралы сейсенбі күні министрлік хабарлады. Баға {n} пайызға өсті.",
}


def articles(path: Path, languages: list[str]) -> Path:
    """A JSON Lines file with one article per language code."""
    rows = [
        {"id": f"a{number}", "title": f"Title {number}", "text": TEXTS[language].format(n=number), "language": language}
        for number, language in enumerate(languages)
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    return path


def digests(config: DigestConfig, version: str = "latest") -> list[dict[str, object]]:
    file = Path(config.outputs.root) / "digest" / version / "digest.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_each_article_is_translated_into_the_languages_that_are_not_its_own(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"] * 4), targets=["ru", "kk"])
    assert run(made, {}) == 0
    rows = digests(made)
    assert [row["id"] for row in rows] == ["a0", "a1", "a2", "a3"]
    assert all(set(row["renditions"]) == {"en", "ru", "kk"} for row in rows)  # type: ignore[call-overload]


def test_a_pair_that_the_model_does_not_know_fails_as_a_rendition_and_not_as_an_article(
    config: Make, tmp_path: Path
) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en", "kk"]), max_failed_fraction=1.0)
    assert run(made, {}) == 0
    version = Path(made.outputs.root) / "digest" / "v0001"
    assert [row["id"] for row in digests(made)] == ["a0", "a1"]
    assert set(digests(made)[1]["renditions"]) == {"kk"}  # type: ignore[call-overload]
    (failure,) = failures_of(version)
    assert (failure.article_id, failure.stage, failure.kind) == ("a1", "translations-ru", "unknown_pair")
    assert "kk→ru" in failure.message


def test_pairs_that_a_model_does_not_know_count_as_failed_and_the_next_run_is_a_new_version(
    config: Make, tmp_path: Path
) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en", "kk"]))
    assert [run(made, {}), run(made, {})] == [3, 3]
    assert {path.name for path in (tmp_path / "outputs" / "digest").iterdir()} == {"v0001", "v0002"}


def test_texts_that_come_twice_are_set_aside_and_count_as_no_failure(config: Make, tmp_path: Path) -> None:
    path = articles(tmp_path / "a.jsonl", ["en"])
    path.write_text(path.read_text() * 2)
    made = config(path, targets=["ru"], max_failed_fraction=0.0)
    assert run(made, {}) == 0
    told = json.loads((tmp_path / "outputs" / "digest" / "v0001" / "manifest.json").read_text())
    assert told["failures"] == {"articles: duplicate_text": 1}


def test_a_version_that_was_begun_with_other_settings_is_not_resumed(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"]), targets=["ru"])
    assert run(made, {}) == 0
    manifest = tmp_path / "outputs" / "digest" / "v0001" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"status": "running"}))
    with pytest.raises(ConfigError, match=r"resume=v0001: .* was begun with other settings"):
        run(replace(made, targets=["kk"], resume="v0001"), {})
    assert run(replace(made, resume="v0001"), {}) == 0


def test_an_article_that_does_not_fit_into_memory_is_a_record_whose_rendition_failed(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator, "engine_for", lambda *_: FakeEngine(poison="Title 1"))
    made = config(articles(tmp_path / "a.jsonl", ["en"] * 4), targets=["ru"], max_failed_fraction=0.2)
    assert run(made, {}) == 0
    version = Path(made.outputs.root) / "digest" / "v0001"
    assert [sorted(row["renditions"].get("ru", {})) for row in digests(made)] == [  # type: ignore[attr-defined]
        *(["summary", "title"], ["summary"], ["summary", "title"], ["summary", "title"])
    ]
    (failure,) = failures_of(version)
    assert (failure.article_id, failure.stage, failure.kind) == ("a1", "translations-ru", "out_of_memory")
    assert failure.message.startswith("title: segment 1 of 1: its 15 tokens do not fit")
    manifest = json.loads((version / "manifest.json").read_text())
    assert manifest["failures"] == {"translations-ru: out_of_memory": 1}
    assert (manifest["stages"]["translations-ru"]["failed"], manifest["stages"]["translations-ru"]["made"]) == (1, 7)


def test_the_manifest_says_which_engine_ran_and_in_which_number_format(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"] * 4), targets=["ru"])
    assert run(made, {}) == 0
    told = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())["models"]["ru"]
    assert (told["engine"], told["ran_on"]) == ("ctranslate2", {"cpu, int8_float32 (ctranslate2)": 2})


def test_a_model_that_answers_with_nonsense_stops_its_stage_before_anything_is_spent_on_it(
    config: Make, tmp_path: Path
) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"] * 4), targets=["ru"], self_test=True)
    with pytest.raises(ModelError, match=r"translations-ru: random failed the self-test: asked for «.*» in ru") as told:
        run(made, {})
    assert "\n" not in str(told.value)
    assert "translator@translators.ru=<name>: " in str(told.value)
    assert "self_test=false" in str(told.value)
    version = Path(made.outputs.root) / "digest" / "v0001"
    assert (version / "summaries").is_dir()
    assert not list((version / "translations-ru").glob("*"))


def test_a_model_passes_its_self_test_once_and_only_where_something_is_to_be_done(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Engine(FakeEngine):
        """Answers the self-test well, and anything else with what it was given."""

        def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
            asked.extend(prompt.text for prompt in prompts if self._known(prompt))
            return [
                Generation(text, 9, 9, 9, Finish.END, -0.1)
                if (text := self._known(prompt))
                else self._echo(prompt.text)
                for prompt in prompts
            ]

        def _known(self, prompt: Prompt) -> str:
            pairs = zip(SENTENCES["en"], SENTENCES["ru"], strict=True)
            return next((russian for english, russian in pairs if prompt.text.endswith(english)), "")

    monkeypatch.setattr(translator, "engine_for", lambda *_: Engine())
    made = config(articles(tmp_path / "a.jsonl", ["en"] * 7), targets=["ru"], self_test=True)
    for _ in range(2):
        assert run(made, {}) == 0
        manifest = Path(made.outputs.root) / "digest" / "v0001" / "manifest.json"
        told = json.loads(manifest.read_text())
        assert told["models"]["ru"]["self_test"] == {"passed": 3}
        assert "self_test:passed" not in told["stages"]["translations-ru"]
        manifest.write_text(json.dumps(told | {"status": "running"}))
    assert len(asked) == len(SENTENCES["en"])


DEMO = Translator("demo", "embedded", sources=["en"], tags={"ru": ">>rus<<", "kk": ">>kaz<<"}, input_limit=192)


def test_a_fallback_that_answers_with_nonsense_stops_the_stage_too(
    config: Make, settings: Translator, tmp_path: Path
) -> None:
    first = replace(DEMO, fallback=replace(settings, name="second"))
    made = config(articles(tmp_path / "a.jsonl", ["en"]), targets=["ru"], translators={"ru": first}, self_test=True)
    with pytest.raises(ModelError, match="translations-ru: second failed the self-test") as told:
        run(made, {})
    assert "translator@translators.ru.fallback=<name>: " in str(told.value)


def test_the_manifest_tells_of_a_fallback_what_it_ran_on_and_how_its_self_test_went(
    config: Make, settings: Translator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        translator, "engine_for", lambda *given: FakeEngine() if given[0].name == "random" else engine_for(*given)
    )
    first = replace(settings, self_test=False, fallback=DEMO)
    made = config(
        articles(tmp_path / "a.jsonl", ["en"]),
        targets=["ru"],
        translators={"ru": first},
        self_test=True,
        repair=Repair(rungs=[Rung.fallback]),
    )
    assert run(made, {}) == 0
    models = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())["models"]
    assert {name: model["self_test"] for name, model in models.items()} == {
        "ru": {"skipped": 1},
        "ru.fallback": {"passed": 1},
    }
    assert [model["ran_on"] for model in models.values()] == [
        {"fake device, float32": 1},
        {"cpu, int8_float32 (ctranslate2)": 1},
    ]


def test_the_demo_model_passes_the_self_test_and_the_manifest_says_so(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"]), translators={"ru": DEMO, "kk": DEMO}, self_test=True)
    assert run(made, {}) == 0
    models = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())["models"]
    assert {name: model["self_test"] for name, model in models.items()} == {"ru": {"passed": 1}, "kk": {"passed": 1}}


def test_a_model_that_no_article_needs_is_not_loaded(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    class Engine(FakeEngine):
        def load(self) -> None:
            loaded.append("once")

    monkeypatch.setattr(translator, "engine_for", lambda *_: Engine())
    ours = config(articles(tmp_path / "a.jsonl", ["ru"] * 4), targets=["ru"])
    assert run(ours, {}) == 0
    assert loaded == []
    told = json.loads((Path(ours.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())["models"]["ru"]
    assert (told["ran_on"], told["self_test"]) == ({}, {})
    one_foreign = config(articles(tmp_path / "b.jsonl", ["ru"] * 4 + ["en"]), targets=["ru"])
    assert run(one_foreign, {}) == 0
    assert loaded == ["once"]


def test_a_self_test_that_was_skipped_is_called_so_and_does_not_make_another_version(
    config: Make, tmp_path: Path
) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"]), targets=["ru"])
    assert run(made, {}) == 0
    manifest = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())
    assert manifest["models"]["ru"]["self_test"] == {"skipped": 1}
    assert "self_test" not in json.dumps(manifest["identity"])


@pytest.mark.parametrize(
    ("generation", "kind"),
    [
        (Generation("x", 20, 10, 3, Finish.END, -0.1), "truncated"),
        (Generation("x", 3, 3, 12, Finish.LENGTH, -0.1), "unfinished"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_text_cut_short_is_flagged_and_where_that_is_asked_for_a_failure(
    strict: bool, generation: Generation, kind: str, config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    engine.enqueue(generation)
    monkeypatch.setattr(translator, "engine_for", lambda *_: engine)
    made = config(
        articles(tmp_path / "a.jsonl", ["en"]),
        translate=Translate(fields=["title"], strict_truncation=strict),
        repair=Repair(enabled=False),
        targets=["ru"],
        max_failed_fraction=1.0,
    )
    assert run(made, {}) == 0
    version = Path(made.outputs.root) / "digest" / "v0001"
    manifest = json.loads((version / "manifest.json").read_text())
    assert manifest["flags"].get(kind, 0) == (0 if strict else 1)
    assert manifest["failures"] == ({f"translations-ru: {kind}": 1} if strict else {})
    assert all("strict_truncation=false" in failure.message for failure in failures_of(version))


def test_a_segment_that_was_cut_into_pieces_is_counted(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator, "engine_for", lambda *_: FakeEngine(input_limit=40))
    made = config(articles(tmp_path / "a.jsonl", ["en"]), targets=["ru"], repair=Repair(enabled=False))
    assert run(made, {}) == 0
    manifest = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())
    assert manifest["flags"]["split"] == 1
    assert manifest["failures"] == {}


def test_what_the_checks_find_stands_in_the_digest_and_is_counted(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator, "engine_for", lambda *_: FakeEngine())
    off, as_it_is = Checks(language=Check(Level.off)), Repair(enabled=False)
    for version, checks in (("v0001", Checks()), ("v0002", off)):
        path, terms = articles(tmp_path / "a.jsonl", ["en"]), Glossary(kazakhstan=False)
        made = config(path, targets=["ru"], checks=checks, glossary=terms, repair=as_it_is)
        assert run(made, {}) == 0
        manifest = json.loads((Path(made.outputs.root) / "digest" / version / "manifest.json").read_text())
        assert manifest["flags"] == ({} if checks is off else {"language": 3})
    renditions = digests(made, "v0001")[0]["renditions"]["ru"]  # type: ignore[index,call-overload]
    found = {flag["detail"] for flag in renditions["summary"]["flags"]}
    assert found == {"the source, unchanged"}


def test_translating_first_summarises_the_translation(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"]), order=Order.translate_first, targets=["kk"])
    assert run(made, {}) == 0
    renditions = digests(made)[0]["renditions"]["kk"]  # type: ignore[index,call-overload]
    assert renditions["summary"]["derived_from"] == "text:kk"
    assert renditions["text"]["derived_from"] == "text:en"


@pytest.mark.parametrize("targets", [["kk-Latn"], ["kk", "kk-Latn"], ["kk-Latn", "ru"]])
def test_kazakh_in_latin_script_is_made_of_the_kazakh_that_is_translated_once(
    targets: list[str], config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    answer = Generation("Қазақстанда баға өсті.", 3, 3, 3, Finish.LENGTH, -0.1)
    monkeypatch.setattr(engine, "generate", lambda prompts: [answer for _ in prompts])
    monkeypatch.setattr(translator, "engine_for", lambda *_: engine)
    made = config(articles(tmp_path / "a.jsonl", ["en"]), targets=targets, repair=Repair(enabled=False))
    assert run(made, {}) == 0
    version = Path(made.outputs.root) / "digest" / "latest"
    renditions = digests(made)[0]["renditions"]
    assert set(renditions) == {"en", *targets}  # type: ignore[call-overload]
    title = renditions["kk-Latn"]["title"]  # type: ignore[index,call-overload]
    assert (title["text"], title["derived_from"], title["engine"]) == (
        "Qazaqstanda bağa östı.",
        "title:kk",
        "transliteration",
    )
    assert [flag["check"] for flag in title["flags"]] == ["unfinished", "numbers"]
    assert "Qazaqstanda bağa östı." in (version / "digest.kk-Latn.md").read_text()
    flagged = json.loads((version / "manifest.json").read_text())["flags"]["unfinished"]
    segments = 1 + 3  # of title and summary
    assert flagged == segments * (1 + ("ru" in targets))


def test_each_record_lists_its_glossary_terms_and_the_manifest_sums_them(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator, "engine_for", lambda *_: FakeEngine())
    terms = tmp_path / "terms.tsv"
    terms.write_text("source\tlanguage\trendering\nTitle\tru\tTitle\nenergy ministry\tru\tМинэнерго\n")
    made = config(
        articles(tmp_path / "a.jsonl", ["en", "en"]),
        targets=["ru"],
        glossary=Glossary(str(terms), kazakhstan=False),
        repair=Repair(enabled=False),
    )
    assert run(made, {}) == 0
    renditions = digests(made)[0]["renditions"]["ru"]  # type: ignore[index,call-overload]
    assert renditions["title"]["terms"] == {"applied": {"Title": "Title"}, "missed": {}}
    assert renditions["summary"]["terms"] == {"applied": {}, "missed": {"energy ministry": "Минэнерго"}}
    assert [flag["check"] for flag in renditions["summary"]["flags"]].count("glossary") == 1
    manifest = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())
    assert manifest["terms"] == {
        "Title → Title": {"applied": 2, "missed": 0},
        "energy ministry → Минэнерго": {"applied": 0, "missed": 2},
    }
    assert run(made, {}) == 0
    terms.write_text(terms.read_text() + "Oil\tru\tнефть\n")
    identities = {
        json.loads(file.read_text())["fingerprint"] for file in Path(made.outputs.root).glob("*/v*/manifest.json")
    }
    assert run(made, {}) == 0
    latest = json.loads((Path(made.outputs.root) / "digest" / "latest" / "manifest.json").read_text())
    assert latest["fingerprint"] not in identities


@pytest.mark.parametrize("order", list(Order))
def test_an_article_in_kazakh_is_transliterated_without_a_model(order: Order, config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["kk"]), order=order, targets=["kk-Latn"])
    assert run(made, {}) == 0
    renditions = digests(made)[0]["renditions"]
    assert set(renditions["kk-Latn"]) == {"title", "summary"}  # type: ignore[index,call-overload]
    summary = renditions["kk-Latn"]["summary"]["text"]  # type: ignore[index,call-overload]
    assert summary.startswith("Nauryzda mūnai öndıru azaidy.")
    assert (renditions["kk"]["summary"]["derived_from"]) == "text:kk"  # type: ignore[index,call-overload]


def test_the_whole_text_can_be_translated(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"]), translate=Translate(fields=["title", "text"]), targets=["ru"])
    assert run(made, {}) == 0
    assert set(digests(made)[0]["renditions"]["ru"]) == {"title", "text"}  # type: ignore[index,call-overload]


def test_an_input_without_rows_makes_an_empty_digest(config: Make, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("")
    made = config(tmp_path / "a.jsonl")
    assert run(made, {}) == 0
    assert digests(made) == []


def test_every_reader_is_told_what_is_not_fit_for_publication(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"]))
    made.translators["ru"].notice = "not fit for publication"
    assert run(made, {}) == 0
    version = Path(made.outputs.root) / "digest" / "latest"
    assert "not fit for publication" in (version / "digest.ru.md").read_text()
    assert digests(made)[0]["notices"] == ["not fit for publication"]
    assert json.loads((version / "manifest.json").read_text())["notices"] == ["not fit for publication"]


def test_a_part_that_was_lost_is_made_again_and_the_rest_is_kept(config: Make, tmp_path: Path) -> None:
    made = config(articles(tmp_path / "a.jsonl", ["en"] * 7))
    run(made, {})
    version = Path(made.outputs.root) / "digest" / "v0001"
    before = (version / "digest.jsonl").read_bytes()
    manifest = json.loads((version / "manifest.json").read_text())
    (version / "manifest.json").write_text(json.dumps(manifest | {"status": "running"}))
    (version / "translations-ru" / "_part-00001.done.json").unlink()
    kept = (version / "translations-ru" / "part-00000.parquet").stat().st_mtime_ns
    run(made, {})
    assert (version / "translations-ru" / "_part-00001.done.json").exists()
    assert not version.with_name("v0002").exists()
    assert (version / "digest.jsonl").read_bytes() == before
    assert (version / "translations-ru" / "part-00000.parquet").stat().st_mtime_ns == kept


COMMAND = [
    "articles=jsonl",
    "translators.ru.beams=1",
    "translators.kk.beams=1",
    "translators.ru.output_limit=6",
    "translators.kk.output_limit=6",
    "outputs.part_articles=4",
    # Random answers are in no language: as errors they would all be replaced by their sources.
    "checks.language.severity=note",
    "repair.rungs=[split]",
]


def test_a_run_that_is_killed_again_and_again_ends_with_the_digest_of_an_undisturbed_one(
    random_marian: Path, tmp_path: Path
) -> None:
    path = articles(tmp_path / "a.jsonl", ["en"] * 14)
    command = [
        *(sys.executable, "-m", "jobs.digest", *COMMAND, f"articles.path={path}"),
        *random_translators(random_marian),
    ]
    subprocess.run([*command, f"outputs.root={tmp_path / 'whole'}"], check=True, capture_output=True)
    command.append(f"outputs.root={tmp_path / 'killed'}")
    version, kept = tmp_path / "killed" / "digest" / "v0001", {}
    for stage in ("summaries", "translations-ru", "translations-kk"):
        killed_at(command, version / stage / "_part-00001.done.json")
        for file in (version / stage / "part-00000.parquet", version / stage / "part-00001.parquet"):
            kept[file] = file.stat().st_mtime_ns
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert Path(done.stdout.splitlines()[-1]) == version
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert json.loads((version / "manifest.json").read_text())["attempts"] == 4
    for name in ("digest.jsonl", "digest.ru.md", "digest.kk.md"):
        assert (version / name).read_bytes() == (tmp_path / "whole" / "digest" / "v0001" / name).read_bytes()
    ids = [json.loads(line)["id"] for line in (version / "digest.jsonl").read_text().splitlines()]
    assert ids == [f"a{number}" for number in range(14)]


class TwoSpellings(FakeEngine):
    """Answers with a name spelt in one way in long sentences and in another in short ones."""

    def _echo(self, text: str) -> Generation:
        words = "Банкир Шнайдер" if len(text) > 40 else "Шнейдер"
        return Generation(f"{words} уехал", len(text), len(text), 1, Finish.END, -0.1)


def test_a_name_spelt_in_two_ways_within_one_article_is_flagged_where_it_stands_and_counted(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator, "engine_for", lambda *_: TwoSpellings())
    text = "The banker Thomas Schneider left for the north on Monday. Prices rose. He met Schneider."
    rows = [{"id": "a", "title": "Prices of oil", "text": text}, {"id": "b", "title": "Schneider", "text": "He rose."}]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row | {"language": "en"}) for row in rows) + "\n", encoding="utf-8")
    fields = Translate(fields=["title", "text"])
    made = config(path, targets=["ru"], translate=fields, repair=Repair(enabled=False))
    assert run(made, {}) == 0
    flagged = {
        (row["id"], name): [flag["detail"] for flag in item.get("flags", []) if flag["check"] == "spelling"]
        for row in digests(made)
        for name, item in row["renditions"]["ru"].items()  # type: ignore[index]
    }
    told = ["Schneider: Шнайдер, Шнейдер"]
    assert flagged == {("a", "title"): [], ("a", "text"): told, ("b", "title"): [], ("b", "text"): []}
    manifest = json.loads((Path(made.outputs.root) / "digest" / "v0001" / "manifest.json").read_text())
    assert manifest["flags"]["spelling"] == 1
