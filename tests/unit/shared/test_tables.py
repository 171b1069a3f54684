"""Tables hold what was there: text stays text, moments are Beijing's, and nothing becomes a formula."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import tables

ONE = (tables.Column("内容", "words"),)
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1", "＋1", "＠1"]


def made(form: tables.Format, columns: Any, rows: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    tables.write(file, form, columns, rows, **options)
    return file.getvalue()


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[list[Any]]:
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in page.iter_rows()]


COLUMNS = (
    tables.Column("编号", "number"),
    tables.Column("时间", "at"),
    tables.Column("日期", "on"),
    tables.Column("保密", "is_confidential"),
    tables.Column("分数", "score"),
    tables.Column("部门", "departments"),
    tables.Column("街道", lambda row: row["area"][:9]),
    tables.Column("空", "nothing"),
)
ROW = {
    "number": "370102202611210000001",
    "at": datetime(2026, 11, 20, 16, 30, 59, 999_999, tzinfo=UTC),
    "on": date(2026, 11, 21),
    "is_confidential": True,
    "score": Decimal("-98.5"),
    "departments": ["生态环境局", "城管局"],
    "area": "370102007003001",
    "nothing": None,
}


def test_a_csv_says_utf8_and_shows_what_people_read() -> None:
    content = made("csv", COLUMNS, [ROW])

    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content) == [
        ["编号", "时间", "日期", "保密", "分数", "部门", "街道", "空"],
        [
            "370102202611210000001",
            "2026-11-21 00:30:59",
            "2026-11-21",
            "是",
            "-98.5",
            "生态环境局、城管局",
            "370102007",
            "",
        ],
    ]


def test_a_workbook_holds_the_same_with_its_kinds() -> None:
    rows = read_xlsx(made("xlsx", COLUMNS, [ROW], sheet="事项"))

    assert rows[1] == [
        "370102202611210000001",
        # Without a time zone: spreadsheets know none.
        datetime.fromisoformat("2026-11-21 00:30:59"),
        datetime.fromisoformat("2026-11-21"),
        "是",
        -98.5,
        "生态环境局、城管局",
        "370102007",
        None,
    ]


def test_a_sheet_is_named_as_sheets_may_be() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(made("xlsx", ONE, [], sheet="2026/11 [历下区] <月> " + "长" * 40))
    )

    assert book.sheetnames == [("2026 11  历下区  <月> " + "长" * 40)[:31]]
    assert book.worksheets[0].freeze_panes == "A2"


@pytest.mark.parametrize("words", DANGEROUS)
def test_nothing_typed_becomes_a_formula(words: str) -> None:
    content = made("xlsx", ONE, [{"words": words}])
    cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]["A2"]

    assert read_csv(made("csv", ONE, [{"words": words}]))[1] == [f"'{words}"]
    assert cell.data_type != "f"
    assert cell.value.strip() == words.strip()


@pytest.mark.parametrize("score", [-1, Decimal("-0.5"), 0, 98.25])
def test_a_number_stays_a_number(score: Any) -> None:
    columns = (tables.Column("分数", "score"),)

    assert read_csv(made("csv", columns, [{"score": score}]))[1] == [str(score)]
    assert read_xlsx(made("xlsx", columns, [{"score": score}]))[1] == [float(score)]


def test_a_number_too_long_for_a_spreadsheet_keeps_its_digits_as_text() -> None:
    rows = read_xlsx(made("xlsx", ONE, [{"words": 10**15 - 1}, {"words": 10**15}, {"words": float("nan")}]))

    assert [row[0] for row in rows[1:3]] == [999_999_999_999_999, "1000000000000000"]
    assert len(rows) == 3 or rows[3] == [None]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_was_typed_is_read_again(words: list[str]) -> None:
    rows = [{"words": text} for text in words]
    kept = ["".join(c for c in text if c.isprintable() or c == " ") for text in words]

    workbook = read_xlsx(made("xlsx", ONE, [{"words": text} for text in kept]))
    table = read_csv(made("csv", ONE, rows))

    assert [row[0] or "" for row in workbook[1:]] == kept[: len(workbook) - 1]
    assert not any(kept[len(workbook) - 1 :])
    assert [row[0] if row else "" for row in table[1:]] == [
        f"'{text}" if text.startswith(tuple("=+-@\t\r\n＝＋－＠")) else text for text in words
    ]


@pytest.mark.parametrize("form", list(tables.MEDIA_TYPES))
def test_the_same_rows_make_the_same_bytes(form: tables.Format, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(form, COLUMNS, [ROW])
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)

    assert made(form, COLUMNS, [ROW]) == first


def test_a_workbook_given_up_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(tables.TooManyRows):
        made("xlsx", ONE, [{"words": "x"}] * 3, most=2)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", list(tables.MEDIA_TYPES))
def test_a_table_ends_at_its_limit(form: tables.Format) -> None:
    def rows(count: int) -> Iterator[dict[str, str]]:
        return ({"words": str(n)} for n in range(count))

    assert tables.write(io.BytesIO(), form, ONE, rows(3), most=3) == 3
    with pytest.raises(tables.TooManyRows):
        tables.write(io.BytesIO(), form, ONE, rows(4), most=3)


@pytest.mark.parametrize("form", list(tables.MEDIA_TYPES))
def test_rows_are_taken_some_at_a_time(form: tables.Format) -> None:
    """Never more rows alive than are written at once: what was written is let go."""
    alive: list[int] = [0, 0]

    class Row(dict[str, str]):
        def __init__(self) -> None:
            super().__init__(words="x")
            alive[0] += 1
            alive[1] = max(alive)

        def __del__(self) -> None:
            alive[0] -= 1

    tables.write(io.BytesIO(), form, ONE, (Row() for _ in range(2_000)))

    assert alive[1] < 300
