import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.summarise import extractive
from jobs.summarise.extractive import choose, summarise

STORY = (
    "Miners in Karaganda stopped work on Monday over unpaid wages. The strike at the Karaganda mine has halted coal output. "
    "Managers met the miners for two hours. It rained in the afternoon. "
    "The miners say unpaid wages go back to March. A bus route was changed."
)


def test_a_summary_has_as_many_sentences_as_asked_for_in_their_order() -> None:
    summary = summarise(STORY, "en", 2)
    positions = [STORY.index(sentence) for sentence in re.split(r"(?<=\.) ", summary)]
    assert summary.count(".") == 2
    assert positions == sorted(positions)
    assert "rained" not in summary


def test_a_short_text_is_its_own_summary() -> None:
    assert summarise("One sentence only is here.\nAnd a second one is here.", "en", 3) == (
        "One sentence only is here. And a second one is here."
    )


def test_headings_are_not_chosen_where_there_are_sentences_enough() -> None:
    text = "A heading about the strike of miners\n" + STORY
    assert "heading" not in summarise(text, "en", 3)


def test_the_headline_draws_the_summary_to_its_subject() -> None:
    text = " ".join(
        [
            "The council met for its yearly session in Almaty.",
            "Members of the council spoke about schools and roads.",
            "A bridge over the Ishim will be closed for repairs.",
            "The next session takes place in spring.",
        ]
    )
    assert "bridge" not in summarise(text, "en", 1)
    assert "bridge" in summarise(text, "en", 1, title="Ishim bridge closed for repairs")


@given(st.lists(st.text(max_size=40), max_size=12), st.integers(1, 5))
def test_any_sentences_can_be_chosen_from(sentences: list[str], count: int) -> None:
    chosen = choose(sentences, count)
    assert len(chosen) == min(count, len(sentences))
    assert chosen == sorted(set(chosen))


def test_a_very_long_article_is_summarised_without_comparing_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, centrality = [], extractive.centrality
    monkeypatch.setattr(
        extractive, "centrality", lambda found, title: compared.append(len(found)) or centrality(found, title)
    )
    text = " ".join(f"Sentence number {number} speaks of matter {number % 7} at length." for number in range(500))
    assert summarise(text, "en", 3).count(".") == 3
    assert compared == [extractive.LONGEST_ARTICLE]
