import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.articles.decoding import Undecodable, decode

RUSSIAN = "Мост открыли во вторник утром.\nЁлка стоит «на площади» — у реки."
KAZAKH = "Әкімдік жаңа көпірді сәрсенбі күні ашты.\nҚала тұрғындары қуанып жатыр, үлкен іс бітті."
ENGLISH = "The bridge opened on Tuesday.\n“At last,” said the mayor – a café owner."


@pytest.mark.parametrize("text", [RUSSIAN, KAZAKH, ENGLISH])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_decoded_with_and_without_a_mark(text, encoding):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Да", "Привет, мир!", "МОСКВА", "Ёж", RUSSIAN])
def test_windows_1251_is_recognised_even_in_short_texts(text):
    assert decode(text.encode("cp1251")) == text


def test_other_one_byte_encodings_are_told_from_windows_1251():
    assert decode(RUSSIAN.replace("«", "").replace("»", "").replace("—", "-").encode("koi8_r")).startswith(
        "Мост открыли"
    )
    assert decode(KAZAKH.encode("kz1048")) == KAZAKH
    assert decode(ENGLISH.encode("cp1252")) == ENGLISH


@pytest.mark.parametrize(
    "tag",
    ['<meta charset="{}">', "<META charset={}>", '<meta http-equiv="Content-Type" content="text/html; charset={}">'],
)
def test_meta_charset_is_honoured(tag):
    page = f"<html><head>{tag.format('iso-8859-2')}</head><body>Łódź, Kraków</body></html>"
    assert decode(page.encode("iso-8859-2")) == page


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset", "base64", "utf-16"])
def test_page_that_is_wrong_about_its_charset_is_still_read(charset):
    page = f'<meta charset="{charset}"><p>{RUSSIAN}</p>'
    assert decode(page.encode("cp1251")) == page
    assert decode(page.encode()) == page


def test_newlines_of_all_systems_become_one():
    assert decode("a\r\nb\rc\u2028d\u2029e\x85f\ng\x0ch".encode()) == "a\nb\nc\nd\ne\nf\ng\nh"


def test_empty_file_is_empty_text():
    assert decode(b"") == decode(b"\xef\xbb\xbf") == ""


def test_stray_control_character_is_taken_out():
    assert decode(b"x" * 500 + b"\x02" + b"y" * 500) == "x" * 500 + "y" * 500


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04\x14\x00", "ZIP"),
        (bytes(range(256)) * 4, "byte 128 is not UTF-8"),
        (b"\xff\xfe\x00\xd8", "byte order mark"),
        (b"text" + b"\x00\x01\x02" * 9, "control characters"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(data, reason):
    with pytest.raises(Undecodable, match=reason):
        decode(data)


def test_damaged_utf8_is_refused_and_names_the_byte():
    damaged = "Мост ".encode() + b"\xff" + RUSSIAN.encode()
    with pytest.raises(Undecodable, match="byte 9 is not UTF-8"):
        decode(damaged)


def test_english_page_with_one_bad_byte_is_refused_and_never_read_as_another_encoding():
    damaged = "“At last,” said the mayor’s wife – ".encode() + b"\x96" + " it’s done…".encode()
    with pytest.raises(Undecodable, match="byte 43 is not UTF-8"):
        decode(damaged)


def test_random_bytes_are_refused():
    for seed in range(50):
        with pytest.raises(Undecodable):
            decode(random.Random(seed).randbytes(400))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_any_utf8_text_comes_back_unchanged(text):
    assert decode(text.removeprefix("\ufeff").encode()) == text.removeprefix("\ufeff")


@given(st.binary(max_size=300))
def test_any_bytes_give_text_or_are_refused(data):
    with contextlib.suppress(Undecodable):
        text = decode(data)
        assert "\r" not in text
        text.encode()
