import csv
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.articles.loading import Loader, dataset, identity
from jobs.articles.rows import Row, input_files, read
from jobs.config import Articles, Columns, ConfigError, Hub, Source
from jobs.records import Article, Failure

TEXT = "The energy ministry said on Tuesday that oil output had fallen by 3 percent."


def load(articles: Articles) -> Iterator[Article | Failure]:
    loader = Loader(articles)
    return (loader.load(item["row"]) for item in dataset(articles, input_files(articles)))


def jsonl(path: Path, *lines: object) -> Articles:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return Articles(kind=Source.jsonl, path=str(path))


def failure(result: Article | Failure) -> tuple[str, str]:
    assert isinstance(result, Failure), result
    return result.kind, result.message


def test_each_row_becomes_an_article_or_a_failure_with_file_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    results = list(
        load(
            jsonl(
                path,
                {"id": 7, "title": "Oil", "text": TEXT, "url": "https://a.kz/1", "desk": "energy", "tags": ["oil"]},
                '{"id": 8, "text": ',
                {"id": 9, "body": TEXT},
                {"id": 10, "text": "  "},
                {"id": 11, "text": ["list"]},
                "[1, 2]",
                {"id": 12, "text": "Die Regierung hat am Dienstag neue Zahlen zur Inflation vorgelegt."},
                {"id": 7, "text": "Another text about the same oil output of the country."},
                {"id": 13, "text": TEXT},
                {"id": 14, "text": "Half of a pair \ud83d in the text of an article about oil."},
            )
        )
    )
    article = results[0]
    assert isinstance(article, Article)
    assert (article.id, article.language, article.where) == ("7", "en", f"{path}:1")
    assert article.extra == {"desk": "energy", "tags": '["oil"]'}
    kinds = [failure(item) for item in results[1:]]
    assert [kind for kind, _ in kinds] == [
        "not_json",
        "no_text",
        "no_text",
        "wrong_type",
        "wrong_type",
        "language",
        "duplicate_id",
        "duplicate_text",
        "undecodable",
    ]
    assert all(message.startswith(f"{path}:{line}: ") for line, (_, message) in enumerate(kinds, 2))
    assert "articles.columns.text=<name>" in kinds[1][1]
    assert "language seems to be de, not one of en, ru, kk" in kinds[5][1]


def test_a_line_that_is_not_utf8_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "\xff\xfe"}\n' + json.dumps({"text": TEXT}).encode() + b"\n")
    bad, good = load(Articles(kind=Source.jsonl, path=str(path)))
    assert failure(bad)[0] == "undecodable"
    assert isinstance(good, Article)


def test_an_article_without_an_id_gets_the_same_one_every_time(tmp_path: Path) -> None:
    first, second = (
        next(load(jsonl(tmp_path / name, {"title": "Oil", "text": TEXT, "url": "https://a.kz/1"})))
        for name in ("a.jsonl", "b.jsonl")
    )
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert first.id == second.id != ""


def test_columns_can_have_any_name(tmp_path: Path) -> None:
    articles = jsonl(tmp_path / "a.jsonl", {"body": TEXT, "head": "Oil", "lang": "en-GB"})
    articles.columns = Columns(text="body", title="head", language="lang")
    article = next(load(articles))
    assert isinstance(article, Article)
    assert (article.title, article.language) == ("Oil", "en")


def test_csv_rows_that_do_not_fit_the_header_fail_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        f'title,text\nOil,"{TEXT}"\nToo,many,fields here\n'.encode()
        + b"Bad,\xff\xfe\n"
        + 'Қазақ,"Мұнай өндіру көлемі артты\nекінші жол"\n'.encode()
    )
    results = list(load(Articles(kind=Source.csv, path=str(path))))
    assert [item.kind if isinstance(item, Failure) else item.language for item in results] == [
        "en",
        "not_csv",
        "undecodable",
        "kk",
    ]
    assert isinstance(results[3], Article)
    assert results[3].text.endswith("екінші жол")
    assert [item.where.rsplit(":", 1)[1] for item in results] == ["2", "3", "4", "5"]


def test_a_quotation_mark_that_is_not_closed_fails_the_rows_that_it_swallows_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'title,text\nOil,"{TEXT}\nGas,"{TEXT} Gas."\nCoal,"{TEXT} Coal."\nTin,"{TEXT} Tin.\nZinc,{TEXT}\n')
    torn, coal, rest = load(Articles(kind=Source.csv, path=str(path)))
    assert failure(torn) == ("not_csv", f"{path}:2: lines 2 to 3 cannot be told apart: ',' expected after '\"'")
    assert isinstance(coal, Article)
    assert (coal.title, coal.where) == ("Coal", f"{path}:4")
    assert failure(rest) == ("not_csv", f"{path}:5: lines 5 to 6 cannot be told apart: unexpected end of data")


@pytest.mark.parametrize("header", ['title,"text', 'title,"te"xt'])
def test_a_csv_file_whose_header_cannot_be_read_is_one_failure(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\nOil,{TEXT}\nGas,{TEXT}\n")
    (result,) = load(Articles(kind=Source.csv, path=str(path)))
    kind, message = failure(result)
    assert kind == "not_csv"
    assert "nothing of the file is read" in message


def test_a_csv_file_that_pandas_wrote_with_its_index_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f",title,text\n0,Oil,{TEXT}\n1,Gas,{TEXT} Gas.\n2,Coal\n3,Tin,{TEXT} Tin.,more\n")
    oil, gas, short, long = load(Articles(kind=Source.csv, path=str(path)))
    assert isinstance(oil, Article)
    assert isinstance(gas, Article)
    assert (oil.title, oil.extra, gas.title) == ("Oil", {"": "0"}, "Gas")
    assert failure(short)[0] == failure(long)[0] == "not_csv"


def test_an_empty_csv_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    assert list(load(Articles(kind=Source.csv, path=str(tmp_path / "a.csv")))) == []


def test_parquet_and_gzipped_lines_give_the_same_articles(tmp_path: Path) -> None:
    rows = [{"id": str(number), "text": f"{TEXT} Number {number}."} for number in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    from_parquet = list(load(Articles(kind=Source.parquet, path=str(tmp_path / "a.parquet"))))
    from_lines = list(load(Articles(kind=Source.jsonl, path=str(tmp_path / "a.jsonl.gz"))))
    assert [item.text for item in from_parquet if isinstance(item, Article)] == [row["text"] for row in rows]
    assert [item.text for item in from_lines if isinstance(item, Article)] == [row["text"] for row in rows]


def test_a_file_that_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no parquet at all")
    pq.write_table(pa.Table.from_pylist([{"text": TEXT}]), tmp_path / "b.parquet")
    bad, good = load(Articles(kind=Source.parquet, path=str(tmp_path)))
    assert failure(bad)[0] == "unreadable"
    assert isinstance(good, Article)


def test_a_truncated_gzip_file_keeps_the_lines_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    lines = "".join(json.dumps({"text": f"{TEXT} {number} {number**9}"}) + "\n" for number in range(3000))
    path.write_bytes(gzip.compress(lines.encode())[:-200])
    results = list(read(Articles(kind=Source.jsonl, path=str(path)), [path]))
    assert results[-1].problem is not None
    assert results[-1].problem[0] == "unreadable"
    assert len(results) > 100


def test_a_damaged_gzip_file_fails_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(TEXT.encode())[:10] + b"\xff" * 100)
    jsonl(tmp_path / "b.jsonl", {"text": TEXT})
    bad, good = load(Articles(kind=Source.jsonl, path=str(tmp_path)))
    assert failure(bad)[0] == "unreadable"
    assert isinstance(good, Article)


def test_a_row_nested_too_deep_fails_alone(tmp_path: Path) -> None:
    deep = [
        '{"text": "' + f"{TEXT} {depth}" + '", "a": ' + "[" * depth + "]" * depth + "}"
        for depth in (*range(900, 1000, 5), 5_000)
    ]
    *results, last = load(jsonl(tmp_path / "a.jsonl", *deep, {"text": TEXT}))
    assert len(results) == len(deep)
    assert {item.kind for item in results if isinstance(item, Failure)} <= {"not_json", "wrong_type"}
    assert failure(results[-1])[0] == "not_json"
    assert isinstance(last, Article)


def test_half_of_a_surrogate_pair_in_the_name_of_a_column_fails_the_row(tmp_path: Path) -> None:
    (result,) = load(jsonl(tmp_path / "a.jsonl", {"text": TEXT, "half \ud83d": "x"}))
    assert failure(result)[0] == "undecodable"


def test_a_file_whose_name_is_not_utf8_is_read_and_its_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\xff.jsonl")
    articles = jsonl(path, {"text": TEXT}, "[1]")
    article, bad = load(articles)
    assert isinstance(article, Article)
    assert article.where.endswith("a\\xff.jsonl:1")
    assert failure(bad)[1].encode()
    assert json.dumps(identity(articles, [path]), ensure_ascii=False).encode()


def test_a_glob_takes_the_files_that_fit_in_order(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.txt"):
        (tmp_path / name).write_text("")
    found = input_files(Articles(kind=Source.jsonl, path=str(tmp_path / "*.jsonl")))
    assert [file.name for file in found] == ["a.jsonl", "b.jsonl"]


def test_a_file_whose_path_holds_brackets_is_found(tmp_path: Path) -> None:
    (tmp_path / "[a]").mkdir()
    articles = jsonl(tmp_path / "[a]" / "x[1].jsonl", {"text": TEXT})
    assert [file.name for file in input_files(articles)] == ["x[1].jsonl"]


def test_a_language_that_is_no_code_is_told_by_the_text(tmp_path: Path) -> None:
    kazakh = "Энергетика министрлігі сейсенбі күні өндірістің төмендегенін хабарлады."
    rows = [{"text": f"{TEXT} {name}", "language": name} for name in ("und", "English", "")]
    results = load(jsonl(tmp_path / "a.jsonl", *rows, {"text": kazakh, "language": "kz"}))
    assert [getattr(item, "language", item) for item in results] == ["en", "en", "en", "kk"]


def test_latin_letters_in_kazakh_words_are_made_cyrillic_and_it_is_said_how_many(tmp_path: Path) -> None:
    typed = "Энергетика министрлiгi сейсенбi күнi өндiрiстiң төмендегенiн хабарлады, əлем бiледi."
    (article,) = load(jsonl(tmp_path / "a.jsonl", {"text": typed, "title": "Бiр əлем"}))
    assert isinstance(article, Article)
    assert article.text == typed.replace("i", "і").replace("ə", "ә")
    assert article.extra == {"latin_letters_made_cyrillic": str(sum(map(typed.count, "iə")) + 2)}


def test_a_path_without_files_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"articles.path=.*no file there"):
        input_files(Articles(kind=Source.jsonl, path=str(tmp_path / "none")))


def test_a_data_set_is_loaded_by_name_and_split(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist([{"text": TEXT}]), tmp_path / "data" / "test-00000.parquet")
    articles = Articles(kind=Source.hub, hub=Hub(name=str(tmp_path), split="test"))
    (article,) = load(articles)
    assert isinstance(article, Article)
    assert article.where == f"{tmp_path}/test:1"
    assert identity(articles, [])["hash"]


def test_a_data_set_that_cannot_be_had_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match=r"articles.hub.name=nobody/nothing: cannot be loaded"):
        identity(Articles(kind=Source.hub, hub=Hub(name="nobody/nothing")), [])


def test_a_limit_stops_the_reading(tmp_path: Path) -> None:
    articles = jsonl(tmp_path / "a.jsonl", *({"text": f"{TEXT} {number}"} for number in range(9)))
    articles.limit = 4
    assert len(list(load(articles))) == 4


def test_the_identity_of_an_input_follows_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    articles = jsonl(path, {"text": TEXT})
    before = identity(articles, [path])
    assert identity(jsonl(path, {"text": TEXT}), [path]) == before
    assert identity(jsonl(path, {"text": TEXT + "!"}), [path]) != before


NAMES = [*Columns.__dataclass_fields__, "desk"]
VALUES = (
    st.none() | st.text() | st.integers() | st.floats() | st.dates() | st.binary() | st.lists(st.dates() | st.text())
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.sampled_from([TEXT, "", "12 345", None]))
def test_no_row_whatever_it_holds_ends_the_loading(values: dict[str, object], text: str | None) -> None:
    result = Loader(Articles()).load(Row("a:1", {**values, "text": text}))
    assert isinstance(result, (Article, Failure))


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")), min_size=2, max_size=2
        ),
        max_size=5,
    )
)
def test_any_csv_that_is_well_formed_is_read_in_full(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["title", "text"], *rows])
    found = [
        (row.values["title"], row.values["text"]) for row in read(Articles(kind=Source.csv, path=str(path)), [path])
    ]
    assert found == [tuple(row) for row in rows]


def test_a_parquet_file_whose_name_holds_brackets_is_itself_and_no_pattern(tmp_path: Path) -> None:
    for name, text in (("a1.parquet", "Other text about oil output."), ("a[1].parquet", TEXT)):
        pq.write_table(pa.table({"text": [text]}), tmp_path / name)
    (article,) = load(Articles(kind=Source.parquet, path=str(tmp_path / "a[1].parquet")))
    assert isinstance(article, Article)
    assert article.text == TEXT


def test_a_parquet_file_without_rows_has_none(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a.parquet")
    assert list(load(Articles(kind=Source.parquet, path=str(tmp_path)))) == []


def test_a_broken_link_in_a_folder_fails_alone(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", {"text": TEXT})
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "nowhere")
    articles = Articles(kind=Source.jsonl, path=str(tmp_path))
    good, bad = load(articles)
    assert isinstance(good, Article)
    assert failure(bad)[0] == "unreadable"
    described = identity(articles, input_files(articles))["files"]
    assert ["sha256" in file for file in described] == [True, False]


def test_a_column_that_stands_twice_is_told_of_where_it_is_read_and_kept_twice_elsewhere(tmp_path: Path) -> None:
    lines = ['{"text": "A", "text": "B"}', json.dumps({"text": TEXT, "tag": 1})[:-1] + ', "tag": 2}']
    bad, good = load(jsonl(tmp_path / "a.jsonl", *lines))
    assert failure(bad) == ("not_json", f"{tmp_path / 'a.jsonl'}:1: the key 'text' stands there twice")
    assert isinstance(good, Article)
    assert good.extra == {"tag": "1", "tag (2)": "2"}
    (tmp_path / "b.csv").write_text(f"text,tag,tag,,\n{TEXT},a,b,,\n")
    (good,) = load(Articles(kind=Source.csv, path=str(tmp_path / "b.csv")))
    assert isinstance(good, Article)
    assert {name: text for name, text in good.extra.items() if text} == {"tag": "a", "tag (2)": "b"}
    (tmp_path / "a.csv").write_text(f"text,text\nA,B\n{TEXT},C\n")
    (bad,) = load(Articles(kind=Source.csv, path=str(tmp_path / "a.csv")))
    assert "a.csv:1: the name 'text' stands there twice; without the names" in failure(bad)[1]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_table_with_other_marks_than_commas_is_one_failure_that_says_so(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.csv").write_text(f"id{mark}text\n1{mark}{TEXT}\n2{mark}{TEXT}\n")
    (bad,) = load(Articles(kind=Source.csv, path=str(tmp_path / "a.csv")))
    assert f"a.csv:1: its fields are parted by {mark!r} where commas are wanted" in failure(bad)[1]


def test_rows_below_blank_lines_are_told_by_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"\nid,text\n\n1,{TEXT}\n\n\n2\n")
    good, bad = load(Articles(kind=Source.csv, path=str(tmp_path / "a.csv")))
    assert isinstance(good, Article)
    assert good.where.endswith("a.csv:4")
    assert "a.csv:7: as many fields are wanted" in failure(bad)[1]


def test_a_zipped_file_is_known_by_its_name_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.GZ").write_bytes(gzip.compress(json.dumps({"text": TEXT}).encode()))
    (article,) = load(Articles(kind=Source.jsonl, path=str(tmp_path)))
    assert isinstance(article, Article)


def test_a_list_over_several_lines_is_told_how_it_becomes_lines(tmp_path: Path) -> None:
    first, *_ = load(jsonl(tmp_path / "a.jsonl", "[", '{"text": "A"},', "]"))
    assert failure(first)[1].endswith("one object a line is wanted, jq -c '.[]' makes that of a list")


@pytest.mark.parametrize(
    ("given", "text", "language"),
    [
        ("en", "Министерство энергетики сообщило во вторник о снижении добычи нефти и газа.", "ru"),
        ("ru", "Энергетика министрлігі сейсенбі күні мұнай өндіру көлемі төмендегенін хабарлады.", "kk"),
        ("kk", TEXT, "en"),
        ("kk", "Министерство энергетики сообщило во вторник о снижении добычи нефти. " * 6, "ru"),
    ],
)
def test_a_language_that_the_text_contradicts_is_told_by_the_text_and_kept_beside_it(
    tmp_path: Path, given: str, text: str, language: str
) -> None:
    wrong, right = load(
        jsonl(tmp_path / "a.jsonl", {"text": text, "language": given}, {"text": f"{text} 2", "language": language})
    )
    assert isinstance(wrong, Article)
    assert isinstance(right, Article)
    assert (wrong.language, wrong.extra) == (language, {"language_given": given})
    assert (right.language, right.extra) == (language, {})


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Канал «Хабар» вечером покажет новый фильм «Қазақ хандығы. Алмас қылыш» о ханах степи."),
        ("ru", "Курс на KASE: USD/KZT 512,4, EUR/KZT 590,1, RUB/KZT 6,1, GBP/KZT 700,5, CNY/KZT 72,3"),
        ("ru", "iPhone 17, MacBook Air, iPad mini и AirPods подешевели в магазинах Technodom и Sulpak"),
        ("en", "Semifinal results: Barcelona 2 Real Madrid 1, Bayern Munich 3 Paris Saint Germain 0, Inter Milan 1"),
        ("en", 'He said on Monday: "Мы не будем этого делать никогда, потому что это наша земля", and left the hall.'),
        ("kk", "Prezident elimizdiñ barlyq azamattaryn meiramymen quttyqtady, dep habarlady Aqorda."),
    ],
)
def test_a_language_that_names_and_quotations_speak_against_is_kept(tmp_path: Path, language: str, text: str) -> None:
    (article,) = load(jsonl(tmp_path / "a.jsonl", {"text": text, "language": language}))
    assert isinstance(article, Article)
    assert (article.language, article.extra) == (language, {})


def test_a_name_of_a_column_that_is_no_text_can_be_told_of(tmp_path: Path) -> None:
    (bad,) = load(jsonl(tmp_path / "a.jsonl", json.dumps({"\ud83d" + "x" * 1000: "x"})))
    assert len(failure(bad)[1].encode()) < 300


@pytest.mark.parametrize(
    "wrong",
    [{"path": "a.jsonl"}, {"kind": Source.jsonl, "path": "a.jsonl", "hub": Hub(name="owner/name")}],
    ids=["a path that the demo does not read", "a data set beside a file"],
)
def test_an_input_that_would_not_be_read_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="add articles="):
        Articles(**wrong)  # type: ignore[arg-type]
