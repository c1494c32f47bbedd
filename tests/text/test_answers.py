import pytest

from jobs.text.answers import bare

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
    ],
)
def test_what_may_belong_to_the_translation_stays(answer: str, source: str) -> None:
    assert bare(answer, source) == (answer, "")
