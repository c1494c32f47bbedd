"""What a page says around its article: menus, notices, credits, bylines and dates in English, Russian and Kazakh.

`plain_text` asks these patterns about one line at a time. A *label* is a short line that is nothing but furniture
("Share", «Пікірлер»). An *appeal* is a phrase by which a site speaks to its reader ("sign up to our newsletter")
and gives a line away at any length, so it has to hold *we*, *you* or the law: news may speak of cookies too.
"""

import re
from datetime import date

_WORDS = re.compile(r"\w+(?:[’'\-]\w+)*")
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІ"


def words(line: str) -> list[str]:
    """The words of a line, without punctuation."""
    return _WORDS.findall(line)


def _any(*patterns: str, after: str = "") -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(patterns)}){after}", re.IGNORECASE)


_NETWORKS = (
    r"e-?mail|facebook|twitter|whatsapp|telegram|instagram|linkedin|pinterest|reddit|youtube|tiktok|flipboard|x|vk"
    r"|вконтакте|вотсап|телеграм|одноклассники|фейсбук|инстаграм"
)

_LABEL = _any(
    # Ways around the site.
    r"skip to( \w+)?( \w+)?|jump to( \w+)?|menu|sections?|home|search( \w+)?$|breadcrumb( \w+)*",
    r"перейти к( \w+)?|к содержанию|меню|разделы|рубрики|главная|поиск|наверх|назад$|далее$",
    r"мәзір|(негізгі )?мазмұнға( өту)?|бөлімдер|айдарлар|басты бет|іздеу|артқа$|жоғары$",
    r"log ?in|sign[ -]?(in|up|out)|register|my account|войти|вход|регистрация|выйти|кіру|тіркелу|шығу",
    r"(close|save|saved|listen|loading|next|previous|back|gallery|ok|gift|download|закрыть|сохранить|слушать|жабу|сақтау)$",
    r"contact( us)?|about (us|the author)|advertise( with us)?|контакты|о (нас|редакции|проекте)",
    r"біз туралы|байланыс",
    # Sharing, following, answering.
    r"share( this)?( (article|story|page|with|on|save))?|copy link|print|follow( us)?( on)?",
    r"subscribe( now)?|newsletters?|rss",
    r"поделиться|поделитесь|скопировать( ссылку)?|распечатать|версия для печати|подписаться|подписка",
    r"рассылки?",
    r"бөлісу|бөлісіңіз|сілтемені көшіру|басып шығару|жазылу|жазылыңыз|пошта",
    rf"(?:{_NETWORKS})\b(?:[\s,|/]+(?:{_NETWORKS})\b)*",
    r"(\d+ )?comments?|join the (conversation|discussion)|leave a (comment|reply)|what do you think",
    r"(\d+ )?комментари[ийевя]+|(оставить|добавить) комментарий|обсуждение",
    r"(\d+ )?пікір(лер)?( қалдыру| жазу)?",
    # Notices and the machinery of the page.
    r"advert(isement)?s?|sponsored( content)?|partner content|реклама|на правах рекламы",
    r"партн[её]рский материал|жарнама",
    r"cookies?( policy)?|privacy( policy)?|terms (of|and|&) \w+|manage preferences|accept( all)?|agree",
    r"decline",
    r"принять( все)?|согласен|понятно|политика конфиденциальности|пользовательское соглашение",
    r"қабылдау|келісемін|түсінікті|құпиялылық( саясаты)?|пайдаланушы келісімі",
    r"©|\(c\) ?\d{4}|copyright|все права|барлық құқық\w*",
    r"article content|(story|article) continues( below)?|continue reading|читать далее",
    r"продолжение (после|ниже)|жалғасы",
    r"(play|watch) (video|now)|video (player|duration|unavailable)|duration|back to (video|top)|видео$",
    r"бейне(жазба)?$",
    r"view (\d+ )?(more|images?|gallery|comments?|all|offers)|(show|load) (more|less)",
    r"показать (ещ[её]|все)|тағы көрсету",
    r"\d+ min(ute)?s?( to)? read|reading time|время (чтения|на чтение)|оқу уақыты",
    r"\d+ (views|просмотр\w*|қаралды)",
    r"выйти из полноэкранного( режима)?|развернуть( на весь экран)?|(следующая|предыдущая) страница",
    r"topics?|tags?|in this article|powered by|теги|метки|темы|тегтер|тақырыптар",
    r"add as preferred|(set )?preferred source|enjoyed this story|report (an? )?(error|typo)",
    r"got a (tip|story)|submit a",
    r"(заметили|нашли) ошибку|сообщить об ошибке|қате(ні)? (тапсаңыз|белгілеңіз)",
    after=r"(?!\w)",
)

# A heading over links to other articles: what follows it are their headlines, until prose is met again.
_LINKS = _any(
    r"(read|see) (more|also|next|now|here)|also (read|on|in)\b|read( more)?:?$|don[’']?t miss|must read",
    r"keep reading",
    r"(related|recommended|trending|popular|latest|promoted|top stor(y|ies))\b",
    r"more (from|on|in|to|news|stories|like|about|for)\b|most (read|popular|viewed|watched|commented|shared)",
    r"editor[’']?s[’']? picks?|(you )?(may|might) (also )?like",
    r"(new|other|similar|featured) (stories|articles|posts)",
    r"what to read|up next|check also|click (here|to read)",
    r"(watch|video|listen|видео|смотрите|слушайте|бейне|көріңіз)\s?[:|]",
    r"читайте (также|ещ[её]|по теме|больше|далее)|читать (также|ещ[её])|смотрите (также|ещ[её])",
    r"(также |ещ[её] )?по теме\b|материалы по теме|похожие|сейчас читают|важное$|рекомендуем",
    r"вам (может|будет)",
    r"(самое|самые) (читаемое|популярн|обсуждаем|интересн)|популярное|другие (новости|материалы)",
    r"(последние|главные) новости|лента новостей|новости (по теме|партн[её]ров|компаний)",
    r"тағы (да )?оқы|оқи отыр|(сондай-ақ|сонымен қатар) оқы|ұқсас|(осы )?тақырып(қа)? (бойынша|орай)",
    r"оқыңыз(дар)?\b",
    r"(соңғы|басты|өзге(де)?|басқа) жаңалықтар|жаңалықтар легі|ең көп оқыл|көп оқылған|танымал|таңдаулы",
    r"қазір оқылып",
)

_COMMENTS = _any(
    r"(\d+ )?comments?( \(?\d+\)?)?:?$|comments? section|(leave|post|add) a (comment|reply)",
    r"join the (conversation|discussion)",
    r"(\d+ )?комментари[ийевя]+( \(?\d+\)?)?:?$|(оставить|добавить|написать) комментарий",
    r"обсуждение( \(?\d+\)?)?:?$",
    r"(\d+ )?пікір(лер)?( \(?\d+\)?)?:?$|пікір (қалдыру|жазу|қосу)",
)

_APPEAL = _any(
    # Newsletters, accounts, subscriptions.
    r"\bsign(ing)? up (to|for) (our|the (daily|weekly|morning|latest|newsletter)|free|daily|receive|get|read)\b",
    r"\bsign up (now|here|today|below)\b|\bby signing up\b",
    r"\bsubscribe (now|today|to (our|unlock|read|get))\b",
    r"\bour (\w+ )?newsletters?\b|\bfree newsletter|\bnewsletters?\? browse|\b(in)?to your inbox",
    r"\byour (e-?mail address|inbox)\b",
    r"\b(register|sign in|log in) (for free|to (continue|read|view|join|comment))",
    r"\balready (a )?(subscri|have an account|a member)",
    r"\bcreate an account\b|\byou must be logged in|\bwelcome email\b|\bsaved article limit\b",
    r"\bsaved articles in your\b",
    r"\b(provide|enter) a valid email\b|\bwe encountered an issue\b|\bstart your .{0,30}subscription\b",
    r"\bget (the|our) latest (news|updates|headlines|stories)\b",
    r"\bsupport (our|independent) ([\w-]+ )?(journalism|reporting)",
    # Consent and copyright.
    r"\b(we|(our|this) (web)?sites?|our services?) .{0,20}uses? .{0,20}cookies?",
    r"\bcookies?\b.{0,60}\b(you|your|we|our)\b|\b(you|your|we|our)\b.{0,60}\bcookies?\b",
    r"\b(our|read the) (privacy|cookie) (policy|notice|statement)",
    r"\b(you|your|our)\b.{0,60}\bterms of (use|service)\b",
    r"\byour (online )?(privacy|consent|browser)\b|\b(we|you) .{0,20}\bconsent\b",
    r"\bprivacy (preferences|policy ?terms)\b",
    r"\ball rights reserved\b",
    r"\b(may|must) not be (published, |reproduced|rebroadcast|redistributed|republished)|(^|[^\w])©\s?\w",
    # The page about itself.
    r"\bclick here\b|\b(download|get) our (free )?app\b|\bfollow (us|our|me|him|her|them) (on|for)\b",
    r"\bvisit our\b|\bemail us\b",
    r"\bget in touch (with us|with our|by|via)|\bcontact our\b|\bhave you (got )?(a story|more to add)",
    r"\bpreferred source\b",
    r"\bthis (article|story) (was|has been) (originally|first|updated|amended|corrected|reprinted)",
    r"\bopinions expressed\b",
    r"\bnot responsible for the content of external|\byour article continues\b",
    r"\badvertisement has not loaded\b",
    r"\bvideo has failed\b|\brefreshing your browser\b|\benable javascript\b|\bad ?block(er|s| users)",
    r"\baffiliate commission\b",
    r"\bby becoming a (member|subscriber)\b|\bplease donate\b|\byou can (e-?mail|reach|contact) \w+",
    # Russian.
    r"\bподпи(шитесь|сывайтесь) на\b|\bна наш[уие]? (\w+ )?(рассылк|канал|телеграм|telegram|страниц|youtube)",
    r"\bв наше[мй] (телеграм|telegram|канале|приложени)|\bследите за (нами|новостями)",
    r"\bприсоединяйтесь к (нам|наш|канал)",
    r"\b(мы|(наш|этот|данный) сайт|на (нашем|этом) сайте|сайт) .{0,30}использу\w+ .{0,40}(cookie|куки)",
    r"\b(вы|продолжая) .{0,60}(cookie|куки|политик\w+ конфиденциальности|персональных данных)",
    r"\bвсе права (на .{0,30})?(защищены|принадлежат)",
    r"\bпри (полном|частичном) (или|использовании|копировании|цитировании)",
    r"\bпри (цитировании|перепечатке|использовании материалов|копировании)\b|ссылк\w+ на \S+ обязательна",
    r"ссылка обязательна",
    r"\bзарегистрирован\w* .{0,30}роскомнадзор|\bмнение редакции|\bредакция не нес[её]т|\bctrl ?\+ ?enter",
    r"\b(нашли|заметили) (ошибку|опечатку)( в тексте|\?)",
    r"\b(авторизуйтесь|войдите|зарегистрируйтесь),? (чтобы|пожалуйста|для)",
    r"\bскачайте (наше )?приложение|\bпишите нам\b|\bприсылайте нам\b",
    # Kazakh.
    r"(арнамыз|парақшамыз|каналымыз|сайтымыз|порталымыз)|\bжазылыңыз(дар)?\b",
    r"\bбіздің (сайт|арна|парақша|telegram|instagram)",
    r"\b(біз|сайт\w*|сіз) .{0,60}(cookie|куки)|\bқұпиялылық саясат\w*(мыз| таныс)",
    r"\bсайтты пайдалан\w+ .{0,40}келіс",
    r"\bбарлық құқық\w*( \w+)? қорғалған|\bматериал\w* (пайдалан|көшір|қолдан)\w+ (кезде|жағдайда)",
    r"сілтеме (жасау |беру )?міндетті",
    r"\bредакция \w* ?(жауапты емес|жауап бермейді)|\bқате (тапсаңыз|көрсеңіз|байқасаңыз)",
    r"\bпікір қалдыру үшін",
)

# Who took the picture: a line that ends or begins so is a caption.
_AGENCY = (
    r"\b(?:ap|afp|epa|pa|reuters|getty(?: images)?|shutterstock|istock|bloomberg|alamy|wireimage|unsplash"
    r"|тасс|риа новости|рейтер|казинформ|kazinform)\b"
)
_PICTURE = r"(?:file )?(?:photo|image|picture|photograph|illustration)s?|фото(?:графия)?|иллюстрация|(?:фото)?сурет"
_CREDIT = _any(
    # Bounded, as the other brackets are: a line of nothing but opening brackets is looked through once.
    rf"\[[^\[\]]{{0,300}}(?:{_AGENCY}|\b(?:file|courtesy|{_PICTURE})\b)[^\[\]]{{0,300}}\]\W*$",
    rf"\((?:file|pic|courtesy|supplied|архив|мұрағат|{_PICTURE})\b[^)]{{0,300}}\)\W*$",
    rf"\([^()]{{1,60}}[/,:][^()]*{_AGENCY}[^()]{{0,30}}\)\W*$|\([^()]{{2,50}}\w ?/ ?\w[^()]{{1,40}}\)\W*$",
    r"^\([^()]{2,60}\)$",
    rf"(?:^|[.?!)»”\"]\s*)(?:{_PICTURE}|pic|isithombe|источник фото|суретті түсірген)\s?(?:/\s?\w+\s?)?:",
    rf"\b(?:credit|courtesy)s?(?: of)?\s?:|\b(?:{_PICTURE}|video) (?:credit|courtesy|source)s?\b",
    rf"(?:^|[.!?]\s)(?:{_PICTURE}) by\b",
    r"\bfile (?:photo|picture|image)\b|^file ?[—–-]|архивное фото|фото из архива|мұрағаттағы сурет",
    rf"{_AGENCY}\s?(?:photo|images?)?\s?/\s?\w|/\s?{_AGENCY}\W*$|\bvia {_AGENCY}\W*$",
    r"\b(?:getty images|shutterstock)\W*$",
    rf"[.?!”\"»]\s*(?:\w+ ){{0,3}}{_AGENCY}$|^\W*{_AGENCY}\W*$|\bstock\.adobe\.com\W*$",
)
# A sentence, and then a name without a full stop: "Voters queue in the rain. Jane Roe for The Paper".
# Possessive, so that a long run of capitals is one name and is not tried in every way of cutting it into four.
_NAMED = re.compile(
    rf"(?<=\w{{4}})[.][”\"»]?\s+(?:[{_UPPER}][\w.’'-]*+\s?){{1,4}}(?:for (?:[A-Z]\w*+\s?|of ){{1,4}})?$"
)

_BYLINE = _any(
    r"by:? (?-i:[A-Z])|author\b|written by|(first )?published\b|posted\b|(last )?updated\b|reporting by",
    r"edited by|with files from",
    r"автор(ы)?\b|текст:|опубликован|обновлен|дата публикации|корреспондент:?$",
    r"авторы\b|мәтін:|жариялан|жаңартыл|тілші(сі)?:?$",
)
_BIOGRAPHY = re.compile(
    r"^(?:[A-Z][\w.’'-]*\s){1,4}(?:is|was|has|covers|reports|writes|joined)\b.*\b"
    r"(?:reporter|journalist|editor|correspondent|writer|columnist|producer|covers|covered|covering)\b"
    rf"|^(?:[{_UPPER}][\w-]*\s){{1,3}}[—–-]\s.*(?:корреспондент|журналист|обозреватель|редактор|колумнист|тілші)"
)

_MONTHS = (
    "jan january янв января январь қаң қаңтар",
    "feb february фев февраля февраль ақп ақпан",
    "mar march мар марта март нау наурыз",
    "apr april апр апреля апрель сәу сәуір",
    "may мая май мам мамыр",
    "jun june июн июня июнь мау маусым",
    "jul july июл июля июль шіл шілде",
    "aug august авг августа август там тамыз",
    "sep sept september сен сент сентября сентябрь қыр қыркүйек",
    "oct october окт октября октябрь қаз қазан",
    "nov november ноя нояб ноября ноябрь қар қараша",
    "dec december дек декабря декабрь жел желтоқсан",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_YEAR, _DAY, _NAME = r"(?P<y>(?:19|20)\d\d)", r"(?P<d>\d{1,2})", r"(?P<n>[^\W\d_]{3,9})"
_DATES = (
    re.compile(rf"\b{_YEAR}-(?P<m>\d\d)-(?P<d>\d\d)(?!\d)"),
    re.compile(rf"\b{_DAY}\.(?P<m>\d{{1,2}})\.{_YEAR}(?!\d)"),
    re.compile(rf"\b{_DAY}(?:st|nd|rd|th)?[\s,]+(?:of )?{_NAME}\.?,?\s+{_YEAR}\b"),
    re.compile(rf"\b{_NAME}\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}\b"),
    re.compile(rf"\b{_YEAR}\s*(?:ж\.|жыл(?:ғы|дың)?),?\s+{_DAY}\s+{_NAME}\b"),
    re.compile(rf"\b(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/{_YEAR}\b"),
)
_CLOCK = _any(
    r"\b\d{1,2}[:.]\d\d\b|\b\d+ ?(s|m|h|d|mins?|minutes?|hrs?|hours?|days?|weeks?) ago\b",
    r"^(today|yesterday)\b",
    r"\b\d+ (минут|час|дн|день|дня|недел)\w* назад|^(сегодня|вчера)\b",
    r"\b\d+ (минут|сағат|күн|апта) бұрын|^(бүгін|кеше)\b",
)


def is_label(line: str) -> bool:
    """Whether a line is a menu item, button or notice: at least a third of its words say so, from the first on."""
    found = _LABEL.match(line)
    return found is not None and 3 * len(words(found[0])) >= len(words(line))


def heads_links(line: str) -> bool:
    """Whether a line begins as a heading over links to other articles."""
    return bool(_LINKS.match(line))


def opens_links(line: str) -> bool:
    """Whether such a heading stands alone, so that the links are below it and not beside it."""
    found = _LINKS.match(line)
    return found is not None and (line.endswith(":") or 2 * len(words(found[0])) >= len(words(line)))


def heads_comments(line: str) -> bool:
    """Whether readers' comments begin at a line."""
    return bool(_COMMENTS.match(line))


def appeals(line: str) -> int:
    """How many phrases of a line speak for the site, not for the article."""
    return sum(1 for _ in _APPEAL.finditer(line))


def is_credit(line: str) -> bool:
    """Whether a line names who took a picture."""
    return bool(_CREDIT.search(line) or _NAMED.search(line))


def is_byline(line: str) -> bool:
    """Whether a line begins as one that names the author or the time of publication."""
    return bool(_BYLINE.match(line))


def is_biography(line: str) -> bool:
    """Whether a line tells who an author is; only telling of the last lines of an article."""
    return bool(_BIOGRAPHY.search(line))


def has_time(line: str) -> bool:
    """Whether a line holds a date, a clock time or an age such as "3 hours ago"."""
    return find_date(line) is not None or bool(_CLOCK.search(line))


def find_date(line: str) -> str | None:
    """The first calendar date in a line, as ISO 8601; where day and month cannot be told apart there is none."""
    for pattern in _DATES:
        for match in pattern.finditer(line):
            found = _iso(match.groupdict())
            if found:
                return found
    return None


def _iso(parts: dict[str, str]) -> str | None:
    if "n" in parts:
        day, month = int(parts["d"]), _MONTH.get(parts["n"].lower(), 0)
    elif "a" in parts:
        first, second = int(parts["a"]), int(parts["b"])
        if first <= 12 and second <= 12 and first != second:
            return None
        day, month = (second, first) if second > 12 else (first, second)
    else:
        day, month = int(parts["d"]), int(parts["m"])
    try:
        return date(int(parts["y"]), month, day).isoformat()
    except ValueError:
        return None
