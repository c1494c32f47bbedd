import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config import ConfigError, Repair, Rung
from jobs.records import Attempt, Candidate, Finish, Flag, Generation, Sentence, Severity
from jobs.text.script import foreign
from jobs.trust.repair import repairer

OIL: Sentence = ("Oil rose 5%.", "en")
GAS: Sentence = ("Gas fell.", "en")
NUMBERS = Flag("numbers", Severity.ERROR, "", "5 is lost")
RUSSIAN = Flag("language", Severity.ERROR, "", "in Russian")
EMPTY = Flag("empty", Severity.ERROR, "", "nothing came back")
DOMAIN = Flag("out_of_domain", Severity.WARNING, "", "mean log-probability -2.00")
NAMES = Flag("names", Severity.WARNING, "", "Astana is missing")
TERM = Flag("glossary", Severity.WARNING, "", "Akorda: Ақорда is missing")
SPLIT = Flag("split", Severity.NOTE, "", "cut into 2 pieces to fit 9 tokens")


def candidate(text: str, *flags: Flag) -> Candidate:
    return Candidate(Generation(text, 3, 3, 3, Finish.END, -0.1), flags)


class Rungs:
    """Rungs that offer what they are told to, and remember what they were asked for."""

    def __init__(self, **offers: Mapping[Sentence, Sequence[Candidate]]) -> None:
        self.asked: list[tuple[str, list[Sentence]]] = []
        self.all = {Rung[name]: self._rung(name, offer) for name, offer in offers.items()}

    def _rung(self, name: str, offer: Mapping[Sentence, Sequence[Candidate]]) -> Attempt:
        def attempt(best: Mapping[Sentence, Candidate]) -> Mapping[Sentence, Sequence[Candidate]]:
            self.asked.append((name, list(best)))
            return {sentence: items for sentence, items in offer.items() if sentence in best}

        return attempt


def climbed(first: Candidate, **offers: Sequence[Candidate]) -> Candidate:
    """What becomes of one sentence."""
    rungs = Rungs(**{name: {OIL: items} for name, items in offers.items()})
    return repairer(Repair())({OIL: first}, rungs.all)[OIL]


def test_a_sentence_without_errors_is_left_as_it_is_and_no_rung_is_tried() -> None:
    rungs = Rungs(hypotheses={OIL: [candidate("other")]}, split={OIL: [candidate("other")]})
    first = {OIL: candidate("fine", DOMAIN, SPLIT)}
    assert repairer(Repair())(first, rungs.all) == first
    assert rungs.asked == []


def test_each_rung_is_one_round_over_all_sentences_that_still_need_it() -> None:
    rungs = Rungs(
        hypotheses={OIL: [candidate("good")], GAS: [candidate("bad", NUMBERS)]}, split={GAS: [candidate("good")]}
    )
    made = repairer(Repair())({OIL: candidate("x", NUMBERS), GAS: candidate("y", NUMBERS)}, rungs.all)
    assert rungs.asked == [("hypotheses", [OIL, GAS]), ("split", [GAS])]
    assert [(item.by, item.tried, item.outcome) for item in made.values()] == [
        ("hypotheses", ("hypotheses",), "repaired"),
        ("split", ("hypotheses", "split"), "repaired"),
    ]


def test_rungs_are_tried_in_the_order_of_the_settings_and_only_those() -> None:
    offers = {OIL: [candidate("bad", NUMBERS)]}
    rungs = Rungs(hypotheses=offers, split=offers, decoding=offers, fallback=offers)
    repairer(Repair(rungs=[Rung.fallback, Rung.split]))({OIL: candidate("x", NUMBERS)}, rungs.all)
    assert [name for name, _ in rungs.asked] == ["fallback", "split"]


def test_the_record_says_what_was_wrong_at_first_and_what_replaced_it() -> None:
    made = climbed(candidate("x", NUMBERS, SPLIT), hypotheses=[candidate("bad", RUSSIAN), candidate("good", SPLIT)])
    assert (made.made.text, made.by, made.outcome) == ("good", "hypotheses", "repaired")
    note = Flag("repaired", Severity.NOTE, "", "by hypotheses, at first numbers: 5 is lost")
    assert made.flags == (SPLIT, note)


def test_an_error_cured_at_the_price_of_a_warning_is_kept_while_a_better_candidate_is_looked_for() -> None:
    first, priced = candidate("x", NUMBERS), candidate("priced", DOMAIN)
    assert climbed(first, hypotheses=[priced], split=[candidate("good")]).made.text == "good"
    made = climbed(first, hypotheses=[priced], split=[candidate("bad", NUMBERS)])
    assert (made.made.text, made.by, made.tried, made.outcome) == (
        "priced",
        "hypotheses",
        ("hypotheses", "split"),
        "repaired",
    )


def test_where_no_rung_helps_the_first_of_the_best_stays_with_its_flags() -> None:
    made = climbed(candidate("x", NUMBERS), hypotheses=[candidate("y", NUMBERS), candidate("z", NUMBERS, DOMAIN)])
    assert made == Candidate(candidate("x").made, (NUMBERS,), tried=("hypotheses",), outcome="flagged")


def test_a_candidate_in_the_right_language_is_better_than_one_with_fewer_errors() -> None:
    made = climbed(candidate("по-русски", RUSSIAN), split=[candidate("қазақша", NUMBERS, EMPTY)])
    assert (made.made.text, made.by, made.outcome) == ("қазақша", "split", "flagged")


@pytest.mark.parametrize("first", [candidate("по-русски", RUSSIAN), candidate("", EMPTY)])
def test_where_all_is_empty_or_in_a_wrong_language_the_source_stands_marked_as_untranslated(first: Candidate) -> None:
    made = climbed(first, hypotheses=[candidate("", EMPTY), candidate("тоже по-русски", RUSSIAN)])
    assert (made.made.text, made.by, made.outcome) == (OIL[0], "source", "untranslated")
    untranslated, note = made.flags
    assert untranslated == Flag("untranslated", Severity.ERROR, "", "Oil rose 5%.")
    assert note.detail.startswith(f"by source, at first {first.flags[0].check}: ")


def test_a_language_that_is_set_to_be_no_error_is_published_flagged() -> None:
    first = candidate("по-русски", Flag("language", Severity.WARNING, "", "in Russian"))
    assert climbed(first, hypotheses=[candidate("қазақша")]) == first


def test_a_missing_term_is_looked_for_among_the_hypotheses_and_with_placeholders_and_no_further() -> None:
    first = {OIL: candidate("x", TERM)}
    lacking = {OIL: [candidate("y", TERM)]}
    rungs = Rungs(hypotheses=lacking, glossary=lacking, split=lacking, decoding=lacking)
    assert repairer(Repair())(first, rungs.all)[OIL].outcome == "flagged"
    assert [name for name, _ in rungs.asked] == ["hypotheses", "glossary"]
    made = climbed(candidate("x", TERM), hypotheses=[candidate("worse", NAMES, DOMAIN)], glossary=[candidate("Ақорда")])
    assert (made.made.text, made.by, made.outcome) == ("Ақорда", "glossary", "repaired")


def test_a_fallback_is_named_in_the_record() -> None:
    offered = Candidate(candidate("good").made, (), engine="madlad_3b@1")
    made = climbed(candidate("x", NUMBERS), fallback=[offered])
    assert (made.by, made.engine) == ("fallback", "madlad_3b@1")
    assert made.flags[-1].detail.startswith("by fallback (madlad_3b@1), at first")


def test_repair_off_leaves_all_first_answers() -> None:
    first = {OIL: candidate("", EMPTY), GAS: candidate("по-русски", RUSSIAN)}
    rungs = Rungs(hypotheses={OIL: [candidate("good")]})
    assert repairer(Repair(enabled=False))(first, rungs.all) == first
    assert rungs.asked == []


def test_without_any_rung_nothing_empty_or_in_a_wrong_language_is_published_all_the_same() -> None:
    made = repairer(Repair(rungs=[]))({OIL: candidate("", EMPTY)}, {})
    assert made[OIL].made.text == OIL[0]


def test_a_rung_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"repair.rungs=\[split,split\]: each may be named once"):
        Repair(rungs=[Rung.split, Rung.split])


CANDIDATES = st.builds(
    lambda text, flags: candidate(text, *flags, *([] if text else [EMPTY])),
    st.sampled_from(["", "one", "two"]),
    st.lists(st.sampled_from([NUMBERS, RUSSIAN, DOMAIN, TERM, SPLIT]), max_size=3, unique=True),
)


@given(CANDIDATES, st.dictionaries(st.sampled_from([rung.value for rung in Rung]), st.lists(CANDIDATES, max_size=3)))
def test_nothing_is_ever_empty_in_a_wrong_language_or_worse_than_it_was(
    first: Candidate, offers: dict[str, list[Candidate]]
) -> None:
    made = climbed(first, **offers)
    checks = {flag.check for flag in made.flags}
    assert made.made.text
    assert not checks & {"language", "empty"}
    assert made == climbed(first, **offers)
    if "untranslated" not in checks:
        errors = [sum(flag.severity is Severity.ERROR for flag in item.flags) for item in (made, first)]
        assert errors[0] <= errors[1] or {"language", "empty"} & {flag.check for flag in first.flags}


def test_a_model_that_answers_in_russian_when_asked_for_kazakh_does_not_get_it_into_the_digest(
    digest: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    asked = ["translator@translators.kk=demo_ru_tokens_swapped", "self_test=false", "targets=[kk]", "articles.limit=5"]
    done = digest(asked, tmp_path)
    assert done.returncode == 0, done.stderr
    version = Path(tmp_path / done.stdout.splitlines()[-1])
    rows = [json.loads(line) for line in (version / "digest.jsonl").read_text(encoding="utf-8").splitlines()]
    page = (version / "digest.kk.md").read_text(encoding="utf-8")
    left = 0
    for row in rows:
        for rendition in row["renditions"].get("kk", {}).values():
            assert rendition["text"]
            assert "Russian" not in foreign(rendition["text"], "kk")
            untranslated = [flag for flag in rendition["flags"] if flag["check"] == "untranslated"]
            assert all(flag["detail"] in rendition["text"] and flag["detail"] in page for flag in untranslated)
            assert rendition["repaired_by"].count("source") == len(untranslated)
            left += len(untranslated)
    assert left > 10
    assert page.count("Аударылмаған") == left
    parts = [row for file in (version / "digest").glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    found = [flag["check"] for row in parts for item in row["renditions"] for flag in item["flags"]]
    assert found.count("untranslated") == left
    told = json.loads((version / "manifest.json").read_text())["repairs"]["translations-kk"]
    assert told["untranslated"] == left
    assert told["tried"]["hypotheses"] >= told["tried"]["split"]
    assert told["tried"]["hypotheses"] == left + told["flagged"] + sum(told["repaired"].values())
