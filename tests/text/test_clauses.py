from hypothesis import given
from hypothesis import strategies as st

from jobs.records import Segment
from jobs.text.clauses import halves, pieces

SENTENCES = st.lists(
    st.sampled_from(["word", "сөз", "1,000", "12:30", ";", ",", "(aside)", "–", " ", "  ", "\u00a0", "\t"]), max_size=60
).map("".join)


def cut(text: str, limit: int) -> list[str]:
    return [item.text for item in pieces(text, lambda piece: len(piece) <= limit)]


@given(st.one_of(st.text(), SENTENCES), st.integers(0, 40))
def test_pieces_joined_give_the_text_back_exactly(text: str, limit: int) -> None:
    made = pieces(text, lambda piece: len(piece) <= limit)
    assert "".join(item.text + item.separator for item in made) == text


@given(st.one_of(st.text(), SENTENCES), st.integers(1, 40))
def test_every_piece_fits_or_is_a_single_word(text: str, limit: int) -> None:
    assert all(len(piece) <= limit or len(piece.split()) <= 1 for piece in cut(text, limit))


@given(SENTENCES.map(str.strip), st.integers(1, 40))
def test_no_piece_is_empty_and_none_has_white_space_around_it(text: str, limit: int) -> None:
    assert all(piece and piece == piece.strip() for piece in cut(text, limit)) or not text


@given(SENTENCES)
def test_what_fits_stays_whole(text: str) -> None:
    assert cut(text, len(text)) == [text]


def test_a_cut_comes_after_the_clause_nearest_to_the_middle() -> None:
    text = "Well, output fell in March; prices rose in the whole country, and nobody was hurt"
    assert cut(text, 60) == ["Well, output fell in March;", "prices rose in the whole country, and nobody was hurt"]
    assert cut("the output (of crude oil alone) fell in the first quarter", 50)[0] == "the output (of crude oil alone)"
    assert cut("Добыча нефти упала – цены выросли", 30) == ["Добыча нефти упала –", "цены выросли"]


def test_a_clause_at_the_very_edge_does_not_leave_a_scrap() -> None:
    assert cut("Well, output of crude oil fell in March", 30) == ["Well, output of crude", "oil fell in March"]


def test_numbers_and_times_stay_whole() -> None:
    assert cut("it cost 1,000,000:12:30;99 tenge", 12) == ["it cost", "1,000,000:12:30;99", "tenge"]


@given(SENTENCES.map(str.strip), st.sampled_from(["", " ", "\n\n"]))
def test_halves_are_two_parts_or_the_whole_and_give_the_text_back_exactly(text: str, separator: str) -> None:
    made = halves(Segment(text, separator))
    assert len(made) in (1, 2)
    assert "".join(item.text + item.separator for item in made) == text + separator
    assert all(item.text for item in made) or not text


def test_a_half_ends_with_a_clause() -> None:
    text = "Output fell in March; prices rose in the whole country"
    assert [item.text for item in halves(Segment(text, ""))] == [
        "Output fell in March;",
        "prices rose in the whole country",
    ]
    assert halves(Segment("Prices rose in the whole country", " ")) == [
        Segment("Prices rose in the whole country", " ")
    ]
