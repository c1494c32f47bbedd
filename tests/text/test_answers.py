import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.text.answers import bare, bare_summary

SOURCE = "Oil output fell in March."
RUSSIAN = "Добыча нефти упала в марте."
KAZAKH = "Наурызда мұнай өндіру азайды."


@pytest.mark.parametrize(
    ("answer", "translation", "removed"),
    [
        (f"Here is the translation: {RUSSIAN}", RUSSIAN, "Here is the translation: …"),
        (f"Sure! Here's the Russian translation of the text:\n\n{RUSSIAN}", RUSSIAN, None),
        (f"Translation into Kazakh (Cyrillic script): {KAZAKH}", KAZAKH, None),
        (f"Translation: {RUSSIAN}", RUSSIAN, "Translation: …"),
        (f"Вот перевод на русский язык: {RUSSIAN}", RUSSIAN, None),
        (f"Міне, қазақша аудармасы:\n{KAZAKH}", KAZAKH, None),
        (f"«{RUSSIAN}»", RUSSIAN, "«…»"),
        (f'"{RUSSIAN}"', RUSSIAN, '"…"'),
        (f"“{RUSSIAN}”", RUSSIAN, "“…”"),
        (f"```\n{RUSSIAN}\n```", RUSSIAN, "```\n…\n```"),
        (f"```text\n{RUSSIAN}\n```", RUSSIAN, None),
        (f"<think>\n\n</think>\n\n{RUSSIAN}", RUSSIAN, None),
        (f"Output fell; «упала».\n</think>\n\n{RUSSIAN}", RUSSIAN, "Output fell; «упала».\n</think>\n\n…"),
        (f"</think>{RUSSIAN}", RUSSIAN, "</think>…"),
        (f"<think>\nEnd with </think>, then.\n</think>\n{RUSSIAN}", RUSSIAN, None),
        (f'<think>\nOutput, fell.\n</think>\n\nTranslation:\n"{RUSSIAN}"', RUSSIAN, None),
    ],
)
def test_what_is_certainly_no_translation_is_taken_off_and_told(
    answer: str, translation: str, removed: str | None
) -> None:
    found, rest = bare(answer, SOURCE)
    assert found == translation
    assert rest.replace("…", translation, 1) == answer
    assert removed in (None, rest)


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        (RUSSIAN, SOURCE),
        ("", SOURCE),
        ('""', SOURCE),
        ("```\n```", SOURCE),
        ("Here is the translation:", SOURCE),
        ("«Добыча упала», — сообщил «Казмунайгаз»", "Output fell, KazMunayGas said"),
        ("«Добыча упала»", '"Output fell"'),
        ("«Нет», — сказал он, — «никогда»", '"No," he said, "never"'),
        ("«Казмунайгаз» увеличил добычу на «Тенгизе»", "KazMunayGas raised output at Tengiz"),
        ("Перевод: искусство или ремесло", "Translation: art or craft"),
        ("Перевод денег: что изменится", "Money transfers: what will change"),
        ("Перевод на зимнее время отложен.", "The change to winter time is postponed."),
        (f"{RUSSIAN}\n\n(Примечание: …)", SOURCE),
        ("```\nx = 1\n```", "```\nx = 1\n```"),
        ("<think>\nOutput fell", SOURCE),
        ("Output fell.\n</think>", SOURCE),
        ("Тег </think> закрывает мысль", "The tag </think> closes a thought"),
    ],
)
def test_what_may_belong_to_the_translation_stays(answer: str, source: str) -> None:
    assert bare(answer, source) == (answer, "")


@pytest.mark.parametrize(
    ("answer", "removed"),
    [
        (f"Here is a brief summary of the article in Russian:\n\n{RUSSIAN}", None),
        (f"Sure! Here's a three-sentence summary: {RUSSIAN}", None),
        (f"Summary: {RUSSIAN}", "Summary: …"),
        (f"**Summary:** {RUSSIAN}", "**Summary:** …"),
        (f"**Summary**: {RUSSIAN}", "**Summary**: …"),
        (f"## Summary\n\n{RUSSIAN}", "## Summary\n\n…"),
        (f"TL;DR: {RUSSIAN}", "TL;DR: …"),
        (f"Вот краткое содержание статьи на русском языке: {RUSSIAN}", None),
        (f"Резюме:\n{RUSSIAN}", None),
        (f"Мақаланың қысқаша мазмұны: {RUSSIAN}", None),
        (f"The article is about oil.\n</think>\n\nSummary: «{RUSSIAN}»", None),
    ],
)
def test_what_is_certainly_no_summary_is_taken_off_and_told(answer: str, removed: str | None) -> None:
    found, rest = bare_summary(answer, f"ALMATY, 12:30. {SOURCE}")
    assert found == RUSSIAN
    assert rest.replace("…", RUSSIAN, 1) == answer
    assert removed in (None, rest)


@pytest.mark.parametrize(
    "answer",
    [
        "Резюме министра опубликовано: он родился в Алматы.",
        "Summary executions were reported: the ministry denied it.",
        "- Нет, - сказал министр.\nДобыча упала.",
        "15. Столько лет прошло с начала добычи.",
        "5 * 3 ** 2 и 7 ** 2",
        "",
    ],
)
def test_what_may_belong_to_a_summary_stays(answer: str) -> None:
    assert bare_summary(answer, SOURCE) == (answer, "")


@pytest.mark.parametrize(
    ("answer", "summary"),
    [
        ("**Добыча** упала на **12 %**.", "Добыча упала на 12 %."),
        ("- Добыча упала.\n- Цены выросли.", "Добыча упала.\nЦены выросли."),
        ("1. **Добыча** упала.\n\n2. Цены выросли.", "Добыча упала.\nЦены выросли."),
    ],
)
def test_the_markdown_of_a_summary_becomes_plain_text(answer: str, summary: str) -> None:
    assert bare_summary(answer, SOURCE) == (summary, "")
    assert bare_summary("**Добыча** упала.", "Output **fell**.") == ("**Добыча** упала.", "")


PIECES = [
    "Summary",
    "Translation",
    ":",
    "\n",
    " ",
    "**",
    "<think>",
    "</think>",
    "```",
    "«",
    "»",
    "- ",
    "1. ",
    "Oil rose.",
]


@given(st.lists(st.sampled_from(PIECES)).map(lambda parts: "".join(parts).strip()))
def test_whatever_was_written_what_stays_and_what_was_taken_off_make_it_up(answer: str) -> None:
    found, removed = bare(answer, SOURCE)
    before, _, behind = removed.partition("…")
    assert before + found + behind == answer
    assert bool(bare_summary(answer, SOURCE)[0]) == bool(found) == bool(answer)
