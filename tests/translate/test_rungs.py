"""The ways in which the translator tries a sentence again, under the real ladder and the real checks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from jobs.config import Checks, Family, Repair, Rung, Translator
from jobs.models.engine import ModelError
from jobs.records import Finish, Generation, Prompt
from jobs.translate import translator
from jobs.translate.glossary import Glossary
from jobs.translate.termbase import Term
from jobs.translate.translator import NotTranslated, Translation
from jobs.translate.translator import Translator as Room
from jobs.trust.checks import checker
from jobs.trust.repair import repairer

TEN = "Police detained 10 people, and nobody was hurt in the whole city."
GOOD = "Полиция задержала 10 человек, и никто в городе не пострадал."
BAD = "Полиция задержала людей, и никто в городе не пострадал."
TERMS = Glossary([Term(("Akorda",), "en", ("Акорда",), "ru"), Term(("oil output",), "en", ("добыча нефти",), "ru")])


def made(text: str, *others: str, finish: Finish = Finish.END) -> Generation:
    alternatives = tuple(Generation(other, 9, 9, 9, finish, -0.3) for other in others)
    return Generation(text, 9, 9, 9, finish, -0.1, alternatives=alternatives)


class Answering:
    """An engine that answers by a function of the prompt, and remembers its rounds and when it was loaded."""

    input_limit = 100
    at_once = 1
    runs_on = "fake device, float32"

    def __init__(self, answer: Callable[[Prompt], Generation], name: str = "", told: list[str] | None = None) -> None:
        self.answer = answer
        self.name = name
        self.told = [] if told is None else told
        self.rounds: list[list[Prompt]] = []

    def load(self) -> None:
        self.told.append(f"{self.name} loaded")

    def close(self) -> None:
        self.told.append(f"{self.name} closed")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def generate(self, prompts: Sequence[Prompt]) -> list[Generation]:
        self.rounds.append(list(prompts))
        return [self.answer(prompt) for prompt in prompts]


def said(prompt: Prompt) -> str:
    """The text of a prompt without its tag."""
    return prompt.text.split(" ", 1)[1]


def room(settings: Translator, engine: Answering, *rungs: Rung, glossary: Glossary | None = None) -> Room:
    ladder = repairer(Repair(rungs=list(rungs)) if rungs else Repair())
    return Room(settings, "ru", engine, checker(Checks()), glossary, ladder)


def translated(room: Room, *texts: str) -> list[Translation]:
    found = room.translate([(text, "en") for text in texts])
    assert all(isinstance(item, Translation) for item in found)
    return [item for item in found if isinstance(item, Translation)]


def test_another_hypothesis_without_the_error_is_taken_without_asking_the_model_again(settings: Translator) -> None:
    engine = Answering(lambda _: made(BAD, GOOD))
    (found,) = translated(room(settings, engine), TEN)
    assert found.text == GOOD
    assert [(item.where, item.by, item.tried, item.outcome) for item in found.repairs] == [
        ("segment 1", "hypotheses", ("hypotheses",), "repaired")
    ]
    assert len(engine.rounds) == 1


def test_all_sentences_of_all_texts_that_need_a_rung_are_given_to_the_model_in_one_round(settings: Translator) -> None:
    texts = [TEN.replace("10", str(number)) for number in range(11, 15)]
    engine = Answering(lambda prompt: made(BAD if "people, and" in prompt.text else "10 человек"))
    translated(room(settings, engine, Rung.split), *texts, texts[0])
    assert [len(prompts) for prompts in engine.rounds] == [4, 4 + 1]


def test_a_sentence_is_cut_at_the_clause_in_its_middle_and_put_together_again(settings: Translator) -> None:
    clauses = {
        "Police detained 10 people,": made("Полиция задержала людей,", "Полиция задержала 10 человек,"),
        "and nobody was hurt in the whole city.": made("и никто в городе не пострадал."),
    }
    engine = Answering(lambda prompt: clauses.get(said(prompt)) or made(BAD))
    (found,) = translated(room(settings, engine), TEN)
    assert (found.text, found.repairs[0].by, found.repairs[0].outcome) == (GOOD, "split", "repaired")


def test_clauses_put_together_have_the_mark_of_the_source_between_them(settings: Translator) -> None:
    for clause in ("Полиция задержала 10 человек", "Полиция задержала 10 человек.", "Полиция задержала 10 человек,"):
        clauses = {
            "Police detained 10 people,": clause,
            "and nobody was hurt in the whole city.": "и никто не пострадал.",
        }
        engine = Answering(lambda prompt, clauses=clauses: made(clauses.get(said(prompt), "")))
        (found,) = translated(room(settings, engine), TEN)
        assert found.text == "Полиция задержала 10 человек, и никто не пострадал."


def test_other_decoding_forbids_repetitions_and_gives_more_room(settings: Translator) -> None:
    loop = "Полиция задержала 10 человек " + "в городе " * 9
    engine = Answering(lambda prompt: made(GOOD) if prompt.no_repeat_ngram else made(loop, finish=Finish.LENGTH))
    (found,) = translated(room(settings, engine), TEN)
    assert (found.text, found.repairs[0].by) == (GOOD, "decoding")
    assert {prompt.output_limit for prompt in engine.rounds[-1]} == {2 * settings.output_limit}
    assert "repetition" in found.flags[-1].detail
    assert {flag.check for flag in found.flags} == {"repaired"}


@pytest.mark.parametrize("rung", [Rung.hypotheses, Rung.decoding])
def test_a_repaired_sentence_still_tells_that_it_was_cut_to_fit(settings: Translator, rung: Rung) -> None:
    def answer(prompt: Prompt) -> Generation:
        if said(prompt).startswith("and"):
            return made("и никто в городе не пострадал.")
        good, bad = "Полиция задержала 10 человек,", "Полиция задержала людей,"
        return made(good if prompt.no_repeat_ngram else bad, *[good] * (rung is Rung.hypotheses))

    engine = Answering(answer)
    engine.input_limit = 9  # words
    (found,) = translated(room(settings, engine, rung), TEN)
    assert (found.text, found.repairs[0].by, found.repairs[0].outcome) == (GOOD, rung.value, "repaired")
    assert {flag.check for flag in found.flags} == {"split", "repaired"}


def with_fallback(settings: Translator, **changes: Any) -> Translator:
    return replace(settings, fallback=replace(settings, name="second", **changes))


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """What runs the fallback."""
    engine = Answering(lambda _: made("по-прежнему плохо", GOOD), "second")
    monkeypatch.setattr(translator, "engine_for", lambda *_: engine)
    return engine


def test_the_fallback_is_loaded_when_it_is_needed_in_place_of_the_first_model_and_given_back(
    settings: Translator, second: Answering
) -> None:
    first = Answering(lambda prompt: made(BAD if "10" in prompt.text else "Нефть подорожала."), "first", second.told)
    with_both = room(with_fallback(settings), first, Rung.fallback)
    translated(with_both, "Oil rose.")
    assert second.told == []
    (found,) = translated(with_both, f"Oil rose. {TEN}")
    assert second.told == ["first closed", "second loaded", "second closed", "first loaded"]
    assert [said(prompt) for prompts in second.rounds for prompt in prompts] == [TEN]
    assert found.text == f"Нефть подорожала. {GOOD}"
    assert found.flags[-1].detail.startswith(f"by fallback (second@{with_both.checkpoint.revision}), at first numbers")


@pytest.mark.parametrize("finish", [Finish.NO_ANSWER, Finish.OUT_OF_MEMORY])
def test_the_fallback_alone_is_asked_for_a_sentence_of_which_nothing_came(
    settings: Translator, second: Answering, finish: Finish
) -> None:
    first = Answering(lambda _: Generation("", 9, 0, 0, finish, 0.0, problem="no connection"))
    second.answer = lambda _: made(GOOD)
    (found,) = translated(room(with_fallback(settings), first), TEN)
    assert (found.text, found.repairs[0].tried) == (GOOD, ("fallback",))
    second.answer = first.answer
    (lost,) = room(with_fallback(settings), first).translate([(TEN, "en")])
    assert isinstance(lost, NotTranslated)
    assert len(first.rounds) == 2


def test_a_fallback_that_knows_no_pair_of_the_translator_is_refused_at_once(
    settings: Translator, second: Answering
) -> None:
    with pytest.raises(
        ModelError, match=r"^translators.ru.fallback: second does not translate en→ru, only en→kk"
    ) as told:
        Room(with_fallback(settings, tags={"kk": ">>kaz<<"}), "ru")
    assert "translator@translators.ru.fallback=<name>" in str(told.value)


def test_a_fallback_that_is_not_there_is_told_at_once(settings: Translator) -> None:
    with pytest.raises(ModelError, match="/no/such/model"):
        Room(with_fallback(settings, model="/no/such/model"), "ru")


def test_sentences_in_a_language_that_the_fallback_does_not_read_are_left_to_the_first_model(
    settings: Translator, second: Answering
) -> None:
    both = replace(with_fallback(settings), sources=["en", "kk"])
    with_both = room(both, Answering(lambda _: made("")), Rung.fallback)
    (found,) = with_both.translate([("Мұнай 10 пайызға қымбаттады.", "kk")])
    assert isinstance(found, Translation)
    assert (found.text, second.told) == ("Мұнай 10 пайызға қымбаттады.", [])
    assert found.repairs[0].outcome == "untranslated"


def test_the_hypothesis_that_keeps_a_term_is_chosen(settings: Translator) -> None:
    engine = Answering(lambda _: made("Дворец сообщил об этом.", "Акорда сообщила об этом."))
    (found,) = translated(room(settings, engine, glossary=TERMS), "Akorda said so.")
    assert (found.text, found.repairs[0].by) == ("Акорда сообщила об этом.", "hypotheses")


def test_a_name_that_is_missing_is_put_in_by_a_placeholder_that_the_model_copies(settings: Translator) -> None:
    engine = Answering(lambda prompt: made("QX1 сообщила об этом." if "QX1" in prompt.text else "Дворец сообщил."))
    (found,) = translated(room(settings, engine, glossary=TERMS), "Akorda said so.")
    assert (found.text, found.repairs[0].by, found.repairs[0].outcome) == (
        "Акорда сообщила об этом.",
        "glossary",
        "repaired",
    )


def test_no_placeholder_is_ever_published(settings: Translator) -> None:
    engine = Answering(lambda prompt: made("QX1-дің QX1", "QX1 и QX1") if "QX1" in prompt.text else made("Дворец."))
    (found,) = translated(room(settings, engine, Rung.glossary, Rung.hypotheses, glossary=TERMS), "Akorda said so.")
    assert found.text == "Дворец."
    assert "glossary" in {flag.check for flag in found.flags}
    assert found.repairs[0].outcome == "flagged"


def test_a_chat_model_is_told_the_terms_of_its_text_and_others_are_not(settings: Translator) -> None:
    chat = replace(settings, family=Family.chat, tags={"ru": "Russian"})
    told = room(chat, Answering(lambda _: made("")), glossary=TERMS)
    assert "Akorda = Акорда" in told.prompt("Akorda said so.", "en").text
    assert "Акорда" not in told.prompt("Oil rose.", "en").text
    plain = room(settings, Answering(lambda _: made("")), glossary=TERMS)
    assert plain.prompt("Akorda said so.", "en").text == ">>rus<< Akorda said so."
    assert "$terms" in chat_instruction(told)


def chat_instruction(room: Room) -> str:
    """What decides the prompt, and so the run's fingerprint."""
    assert room.convention.chat is not None
    return room.convention.chat.instruction


def test_a_sentence_that_no_model_translates_is_never_empty(settings: Translator) -> None:
    (found,) = translated(room(settings, Answering(lambda _: made("", "")), Rung.hypotheses), f"{TEN}\n\n***")
    assert found.text == f"{TEN}\n\n***"
    assert [(flag.check, flag.where) for flag in found.flags] == [
        ("untranslated", "segment 1"),
        ("repaired", "segment 1"),
    ]


def test_a_sentence_for_which_nothing_came_is_no_candidate(settings: Translator) -> None:
    first, nothing = made(BAD), Generation("", 9, 0, 0, Finish.NO_ANSWER, 0.0, problem="no connection")
    engine = Answering(lambda prompt: nothing if prompt.no_repeat_ngram else first)
    (found,) = translated(room(settings, engine, Rung.decoding), TEN)
    assert (found.text, found.repairs[0].outcome) == (BAD, "flagged")
    (lost,) = room(settings, Answering(lambda _: nothing)).translate([(TEN, "en")])
    assert isinstance(lost, NotTranslated)
