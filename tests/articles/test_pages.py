import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.articles import furniture
from jobs.articles.pages import Page, Undecodable, decode, read, read_html, read_plain_text

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "pages"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")

ENGLISH = {
    "above": ["Skip to main content", "News", "Sport", "Weather", "Sign in", "Subscribe"],
    "title": "Harbour town rebuilds its old lighthouse",
    "standfirst": "Volunteers in Port Ellery spent four winters restoring the lamp that guided their grandparents home.",
    "meta": ["By Nora Whitfield", "3 March 2024", "Share this article", "Facebook", "Twitter", "Copy link"],
    "caption": ["The lighthouse before the work began [File: Reuters]"],
    "body": [
        "The lighthouse at Port Ellery was lit on Saturday for the first time in thirty-one years, in front of a crowd "
        "of several hundred people who had come on foot along the breakwater.",
        "The town council had planned to pull the tower down in 2019, after a storm opened a crack along its seaward "
        "wall. A group of retired shipwrights asked for a year to prove that it could be saved.",
        "How the money was found",
        "Most of the cost was carried by small gifts from families in the valley. “Nobody gave much, and everybody "
        "gave something,” said Tom Arkle, who kept the accounts in a school exercise book.",
        "The lamp itself was built by students of the technical college, who copied the original lens from drawings.",
        "The council now expects some nine thousand visitors to come to the lighthouse every summer.",
    ],
    "inside": ["Advertisement", "Read more: Ferry to the islands cancelled again"],
    "below": [
        "Related stories",
        "Fishing fleet returns after the longest strike in memory",
        "Bridge toll to rise by a tenth",
        "Sign up to our newsletter and get the day's news in your inbox.",
        "Comments",
        "What a day, I walked there with my father and we both cried.",
        "© 2024 The Ellery Post. All rights reserved.",
        "We use cookies to improve our services. By continuing you accept our cookie policy.",
    ],
    "published": "2024-03-03",
}
RUSSIAN = {
    "above": ["Перейти к содержанию", "Главная", "Политика", "Экономика", "Спорт", "Войти", "Поиск"],
    "title": "В Озёрске открыли мост, которого ждали двадцать лет",
    "standfirst": "Новая переправа сократила дорогу до районной больницы с сорока минут до шести.",
    "meta": ["12 сентября 2023, 14:05", "Автор: Мария Лескова", "Поделиться", "Telegram", "ВКонтакте"],
    "caption": ["Первые машины на мосту. Фото: Илья Громов / ТАСС"],
    "body": [
        "Движение по новому мосту через реку Тихую открыли во вторник утром. Первой по нему проехала машина скорой "
        "помощи: так решили сами жители, которые много лет добирались до больницы через соседний район.",
        "Строить переправу начали ещё в начале двухтысячных, но подрядчик разорился, и опоры простояли в воде без "
        "дела почти пятнадцать лет. Достраивала мост уже другая компания.",
        "Что будет с паромом",
        "Старый паром не спишут: летом он будет возить туристов на остров. «Я на нём тридцать лет отработал, жалко "
        "было бы на металлолом», — сказал капитан Семён Дроздов.",
        "Мост обошёлся бюджету области в 1,8 млрд рублей. Срок гарантии составляет восемь лет.",
        "По расчётам дорожной службы, каждый день по мосту будут проезжать около четырёх тысяч машин.",
    ],
    "inside": ["Реклама", "Читайте также: Дорогу на север закрыли из-за паводка"],
    "below": [
        "Подписывайтесь на наш телеграм-канал, чтобы узнавать новости первыми.",
        "Материалы по теме",
        "Паромную переправу закрыли на ремонт",
        "В районе отремонтируют семь школ",
        "Комментарии",
        "Наконец-то, а то бабушка моя так и не дождалась этого моста.",
        "© 2023 Озёрские вести. Все права защищены.",
        "При цитировании материалов ссылка на сайт обязательна.",
        "Мы используем файлы cookie, чтобы сайт работал лучше. Продолжая просмотр, вы соглашаетесь с этим.",
    ],
    "published": "2023-09-12",
}
KAZAKH = {
    "above": ["Негізгі мазмұнға өту", "Басты бет", "Саясат", "Қоғам", "Спорт", "Іздеу", "Кіру"],
    "title": "Ауыл тұрғындары ескі диірменді мұражайға айналдырды",
    "standfirst": "Қарасай ауылындағы диірмен жарты ғасырдан кейін қайтадан ұн тартып, қонақтарға есігін ашты.",
    "meta": ["2024 жылғы 5 мамыр", "Авторы: Айгүл Сәрсенова", "Бөлісу", "Telegram", "WhatsApp"],
    "caption": ["Диірменнің бұрынғы көрінісі. Сурет: Ерлан Тұрсынов"],
    "body": [
        "Қарасай ауылындағы су диірмені сенбі күні мұражай ретінде ашылды. Салтанатты шараға көрші ауылдардан үш "
        "жүзден астам адам жиналып, алғашқы тартылған ұннан пісірілген нанды бірге бөлісті.",
        "Диірмен өткен ғасырдың отызыншы жылдары салынған. Соңғы рет ол жетпісінші жылдары жұмыс істеп, содан бері "
        "иесіз қалып, төбесі құлап, тастары қырық жылдан астам су астында жатқан.",
        "Қаражат қайдан табылды",
        "Жөндеуге кеткен ақшаның басым бөлігін ауылдан шыққан кәсіпкерлер берді. «Біз оны балаларымыз үшін "
        "жасадық», — деді ауыл ақсақалы Серік Жұмабаев.",
        "Енді мұражайда дәстүрлі нан пісіру сабақтары өтеді. Оған облыстағы мектеп оқушылары шақырылған.",
        "Әкімдіктің есебінше, жазда диірменге күн сайын екі жүзге жуық саяхатшы келеді деп күтілуде.",
    ],
    "inside": ["Жарнама", "Тағы оқыңыз: Көктемгі су тасқынынан жол жабылды"],
    "below": [
        "Telegram арнамызға жазылыңыз, жаңалықтарды бірінші болып біліңіз.",
        "Ұқсас жаңалықтар",
        "Облыста жаңа кітапхана ашылды",
        "Ауылда жаңа көпір салынып жатыр",
        "Пікірлер",
        "Керемет жаңалық екен, жазда балаларымды алып міндетті түрде барамын.",
        "© 2024 Қарасай тынысы. Барлық құқықтар қорғалған.",
        "Материалды пайдаланған кезде сайтқа сілтеме жасау міндетті.",
        "Біз cookie файлдарын пайдаланамыз. Сайтты пайдалана отырып, сіз бұған келісесіз.",
    ],
    "published": "2024-05-05",
}
PAGES = {"en": ENGLISH, "ru": RUSSIAN, "kk": KAZAKH}


def shown(page):
    """The page as a browser shows it: everything of the site around the article, and two lines in its middle."""
    head = [*page["above"], page["title"], page["standfirst"], *page["meta"], *page["caption"]]
    return "\n".join([*head, *page["body"][:2], *page["inside"], *page["body"][2:], *page["below"]])


def html(page, charset="utf-8"):
    paragraphs = "".join(f"<p>{line}</p>" for line in page["body"])
    links = "".join(f'<li><a href="/{n}">{line}</a></li>' for n, line in enumerate(page["above"]))
    return (
        f'<!doctype html><html><head><meta charset="{charset}"><title>{page["title"]} | Site</title></head><body>'
        f"<nav><ul>{links}</ul></nav><article><h1>{page['title']}</h1><p>{page['standfirst']}</p>"
        f'<time datetime="{page["published"]}">{page["meta"][0]}</time>{paragraphs}</article>'
        f"<footer>{page['below'][-1]}</footer></body></html>"
    )


@pytest.mark.parametrize("language", PAGES)
def test_copied_page_gives_exactly_the_article(language):
    page = PAGES[language]
    found = read_plain_text(shown(page))
    assert found.title == page["title"]
    assert found.standfirst == page["standfirst"]
    assert found.published == page["published"]
    assert found.text.split("\n") == page["body"]


@pytest.mark.parametrize("language", PAGES)
def test_everything_around_the_article_is_reported_as_dropped(language):
    page = PAGES[language]
    found = read_plain_text(shown(page))
    around = [*page["above"], *page["meta"], *page["caption"], *page["inside"], *page["below"]]
    assert list(found.dropped) == [line for line in around if furniture.find_date(line) != page["published"]]


@pytest.mark.parametrize("language", PAGES)
def test_bare_article_keeps_every_paragraph(language):
    body = PAGES[language]["body"]
    assert read_plain_text("\n\n".join(body)).text.split("\n") == body


@pytest.mark.parametrize(
    "text", ["", "\n \n", "News\nSport\nWeather\nSign in", "We use cookies. Accept all.", "404\nPage not found."]
)
def test_page_without_an_article_gives_empty_text(text):
    found = read_plain_text(text)
    assert found.text == ""
    assert found.dropped == tuple(line for line in text.split("\n") if line.strip())


@pytest.mark.parametrize(
    "line",
    [
        "The company said that it would stop using cookies for advertising in the second half of next year.",
        "Volunteers may sign up to fight in the new brigade until the end of March, the ministry said.",
        "Компания изменила политику конфиденциальности после жалоб пользователей, сообщил регулятор.",
        "Учёные нашли ошибку в расчётах, на которые опирались строители плотины.",
        "Министрлік дербес деректерді өңдеу ережесін қайта қарайтынын мәлімдеді.",
    ],
)
def test_news_about_cookies_subscriptions_and_data_is_not_taken_for_a_notice(line):
    for page in PAGES.values():
        body = [*page["body"][:2], line, *page["body"][2:]]
        assert line in read_plain_text("\n".join(body)).text.split("\n")


def test_article_that_stands_on_its_page_twice_is_read_once():
    for page in PAGES.values():
        twice = shown(page) + "\n" + "\n".join(page["body"])
        assert read_plain_text(twice).text.split("\n") == page["body"]


def test_author_is_told_of_below_the_article_but_not_in_it():
    note = "Nora Whitfield is a reporter for The Ellery Post and covers the harbour and the islands around it."
    assert read_plain_text("\n".join([*ENGLISH["body"], note])).text.split("\n") == ENGLISH["body"]
    alone = f"{note} She was born on the smallest of them, and learned to read from the shipping news."
    assert read_plain_text(alone).text == alone


@pytest.mark.parametrize(
    "lines",
    [
        [
            "Басты бет",
            "Доллар бағамы 12 наурыз 2024 жылға белгілі болды",
            "12.03.2024, 10:15",
            "Ұлттық банк доллардың ресми бағамын жариялады. Бір доллар 449 теңге болып бекітілді деп хабарлады банк.",
            "Бөлісу",
        ],
        [
            "Главная",
            "Курс доллара на 12 марта 2024 года объявил Нацбанк",
            "12.03.2024, 10:15",
            "Нацбанк установил официальный курс доллара на уровне 449 тенге, следует из сообщения на его сайте.",
            "Поделиться",
        ],
    ],
)
def test_news_of_one_sentence_is_an_article_and_a_date_may_stand_in_its_headline(lines):
    assert read_plain_text("\n".join(lines)) == Page(lines[1], None, "2024-03-12", lines[3], (lines[0], lines[4]))


def test_sentence_of_an_error_page_is_no_article():
    assert (
        read_plain_text("Sorry, the page you are looking for was moved, or deleted, or never existed at all.").text
        == ""
    )


def test_headline_that_begins_like_a_button_is_still_the_headline():
    page = {**ENGLISH, "title": "Search for old lighthouse lens ends in Port Ellery"}
    assert read_plain_text(shown(page)).title == page["title"]


def test_question_as_sub_heading_stays_in_the_body():
    page = {**ENGLISH, "body": [*ENGLISH["body"][:4], "Who will keep the lamp?", *ENGLISH["body"][4:]]}
    assert read_plain_text(shown(page)).text.split("\n") == page["body"]


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("11 Jan 2022", "2022-01-11"),
        ("Published January 11th, 2022 at 4.34pm", "2022-01-11"),
        ("Jan. 11, 2022", "2022-01-11"),
        ("11 января 2022 г., 10:00", "2022-01-11"),
        ("11.01.2022", "2022-01-11"),
        ("2022 жылғы 11 қаңтар", "2022-01-11"),
        ("2022 ж. 11 қаңтар", "2022-01-11"),
        ("11 Қаңтар, 2022", "2022-01-11"),
        ("2022-01-11T09:30", "2022-01-11"),
        ("25/12/2022", "2022-12-25"),
        ("12/25/2022", "2022-12-25"),
        ("11/01/2022", None),
        ("31 February 2022", None),
        ("12 monkeys 2022", None),
        ("3 hours ago", None),
    ],
)
def test_dates_are_read_in_three_languages_and_never_guessed(line, date):
    assert furniture.find_date(line) == date


@pytest.mark.parametrize("language", PAGES)
def test_html_page_gives_the_article(language):
    page = PAGES[language]
    found = read_html(html(page), None)
    assert found.title == page["title"]
    assert found.published == page["published"]
    assert [line for line in page["body"] if line not in found.text.split("\n")] == []
    assert set(page["above"]) <= set(found.dropped)
    assert not set(found.dropped) & set(found.text.split("\n"))


def test_html_without_an_article_gives_empty_text():
    found = read_html("<html><body><ul><li>News</li><li>Sport</li></ul></body></html>", None)
    assert found == Page(None, None, None, "", ("News", "Sport"))


@pytest.mark.parametrize("source", ["", "<", "<html>", "<!-- -->", "<html><body></body></html>"])
def test_broken_html_gives_a_page_without_text(source):
    assert read_html(source, None).text == ""


def test_deeply_nested_html_is_read():
    nested = "<div>" * 3000 + "".join(f"<p>{line}</p>" for line in ENGLISH["body"])
    assert read_html(f"<html><body>{nested}", None).text.splitlines() == ENGLISH["body"]


@pytest.mark.parametrize("number", [300, 2_500])
def test_every_paragraph_is_kept_where_tags_are_not_closed(number):
    lines = [f"Paragraph number {index} tells of the harbour and of those who work in it." for index in range(number)]
    page = read_html("<html><body><article>" + "".join(f"<p><font>{line}</p>" for line in lines), None)
    assert page.text.splitlines() == lines


def test_page_that_nests_too_deep_to_be_read_whole_is_refused():
    with pytest.raises(Undecodable, match="nest too deep"):
        read(("<html><body>" + "<ul><li>item" * 3_000).encode(), "page.html")


def test_article_below_a_script_of_more_than_ten_megabytes_is_read():
    body = "".join(f"<p>{line}</p>" for line in ENGLISH["body"])
    page = read_html(f"<html><body><script>{'var a = 1; ' * 1_000_000}</script><article>{body}", None)
    assert page.text.splitlines() == ENGLISH["body"]


def test_page_is_read_as_html_by_name_or_by_its_beginning():
    data = html(RUSSIAN).encode()
    assert read(data, "page.html.gz") == read(data, "page.txt") == read_html(html(RUSSIAN), None)
    assert read(shown(RUSSIAN).encode(), "page.txt") == read_plain_text(shown(RUSSIAN))


@pytest.mark.timeout(60)
def test_page_that_begins_with_many_comments_is_told_without_hanging():
    comments = "<!-- a --> " * 2_000
    assert read((comments + "<p>A fragment.</p>").encode(), "page.txt").text.endswith("<p>A fragment.</p>")
    assert read((comments + html(RUSSIAN)).encode(), "page.txt") == read_html(comments + html(RUSSIAN), None)


def test_html_in_cyrillic_encodings_is_read_by_its_meta_charset():
    page = html(RUSSIAN, "windows-1251")
    assert read(page.encode("cp1251"), "page.html") == read_html(page, None)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "line",
    [
        "The report is here. " + "A" * 20_000,
        "The report is here. " + "A. " * 7_000 + "x",
        "[" * 20_000,
        "[ap " * 5_000,
        "[" + "ap " * 7_000,
        "(file " * 4_000,
    ],
    ids=["capitals", "initials", "brackets", "agencies", "agency", "files"],
)
def test_long_line_is_judged_without_hanging_whatever_it_repeats(line):
    assert not furniture.is_credit(line) or line.endswith("A")


def test_credit_in_brackets_is_still_known():
    assert furniture.is_credit("The lighthouse before the work began [[File: Reuters]]")
    assert furniture.is_credit("Voters queue in the rain. Jane Roe for The Paper")
    assert not furniture.is_credit("Voters queued in the rain. Jane Roe was there for them")


def test_importing_pages_does_not_import_trafilatura():
    code = "import sys, jobs.articles.pages; sys.exit('trafilatura' in sys.modules or 'lxml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text())
@settings(max_examples=200)
def test_every_line_of_any_text_is_either_kept_or_dropped(text):
    lines = sorted(line for whole in text.splitlines() if (line := " ".join(whole.split())))
    found = read_plain_text(text)
    kept = [found.title, found.standfirst, *found.text.split("\n")]
    missing = len(lines) - len([line for line in kept if line]) - len(found.dropped)
    assert missing == (found.published is not None)
    assert set(found.dropped) <= set(lines)


@given(st.lists(st.sampled_from([line for page in PAGES.values() for line in shown(page).split("\n")]), max_size=60))
@settings(max_examples=200)
def test_lines_keep_their_order_whatever_the_page_looks_like(lines):
    found = read_plain_text("\n".join(lines))
    for part in (found.text.split("\n") if found.text else [], found.dropped):
        rest = iter(lines)
        assert all(line in rest for line in part)


@needs_shared
def test_first_page_is_read_exactly():
    gold = json.loads((SHARED / "first-page.gold.json").read_text(encoding="utf-8"))
    found = read((SHARED / "first-page.txt").read_bytes(), "first-page.txt")
    assert found == Page(gold["title"], gold["standfirst"], gold["published"], gold["text"], tuple(gold["dropped"]))


@needs_shared
def test_every_eighth_real_page_gives_an_article_as_html():
    files = sorted((SHARED / "html").glob("*.html.gz"))[::8]
    assert files
    for file in files:
        found = read(gzip.decompress(file.read_bytes()), file.name)
        assert found.text, file.name
        assert found.title, file.name


def test_same_bytes_are_decoded_alike_every_time():
    data = RUSSIAN["title"].encode("cp1251")
    assert len({decode(data) for _ in range(5)}) == 1
