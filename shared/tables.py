"""Lists as files for spreadsheets: CSV and XLSX, written some rows at a time, never held whole in memory.

    COLUMNS = (
        tables.Column("编号", "number", width=24),
        tables.Column("上报时间", "reported_at", width=20),
        tables.Column("街道", lambda row: names[row["area"][:9]]),
    )
    count = tables.write(file, "xlsx", COLUMNS, rows, sheet="事项")

A use case answers `http.table(request, …)`, which does this and sends the file.

What people typed must stay text: a spreadsheet would run `=cmd|…` as a formula. XLSX cells say that they are text;
CSV cannot, so there a text that a spreadsheet would take for a formula begins with an apostrophe. Moments are Beijing
time, which is what readers of a table think in. The same rows make the same bytes.
"""

import contextlib
import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, BinaryIO, Literal

import xlsxwriter

from shared import aside, clock, errors

Format = Literal["csv", "xlsx"]
Row = Mapping[str, Any]
# What a cell may hold.
Cell = str | int | float | Decimal | date | datetime

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# So many take a few seconds of a request; whoever needs more narrows by time or area.
MOST_ROWS = 50_000
# So many are in memory, and written without a pause.
_AT_ONCE = 250
# What spreadsheets take for the beginning of a formula, the full-width forms an input method makes included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LONGEST_SHEET_NAME = 31
# Beyond this a spreadsheet rounds whole numbers.
_LARGEST_WHOLE = 10**15
# XML has no place for them, or spreadsheets show them as codes.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
# A workbook says when it was made; this one always the same.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  # spreadsheets know no time zones

_aside = aside.Aside(most_at_once=2)


class TooManyRows(errors.Invalid):
    """The list is longer than a file may be; narrow it, for example to a shorter time or a smaller area."""


@dataclass(frozen=True)
class Column:
    """One column: what people read above it, and where its value comes from."""

    title: str
    # A key of the row, or what makes the value from the row: text, number, truth, date, moment, list of texts, None.
    value: str | Callable[[Row], Any]
    # Of an XLSX column, in characters.
    width: int = 14

    def of(self, row: Row) -> Cell:
        return _plain(row[self.value] if isinstance(self.value, str) else self.value(row))


def write(
    file: BinaryIO,
    form: Format,
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    sheet: str = "列表",
    most: int = MOST_ROWS,
) -> int:
    """Writes a table with its titles; answers how many rows it has. Raises TooManyRows beyond `most`."""
    seen = 0
    with _csv(file, columns) if form == "csv" else _workbook(file, columns, sheet) as add:
        coming = iter(rows)
        while some := list(islice(coming, _AT_ONCE)):
            seen += len(some)
            if seen > most:
                raise TooManyRows(most=most)
            # Rows are read here, where the database's connection belongs, and written beside the hub.
            _aside.run(add, some)
            some.clear()
    return seen


# Adds rows to a file.
_Add = Callable[[Sequence[Row]], None]


@contextlib.contextmanager
def _csv(file: BinaryIO, columns: Sequence[Column]) -> Iterator[_Add]:
    # The mark at the beginning tells Excel that this is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow([column.title for column in columns])
        yield lambda rows: writer.writerows(
            [[_csv_cell(column.of(row)) for column in columns] for row in rows]
        )
        text.flush()
    finally:
        # The file stays open for whoever gave it.
        with contextlib.suppress(ValueError):
            text.detach()


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell


@contextlib.contextmanager
def _workbook(file: BinaryIO, columns: Sequence[Column], sheet: str) -> Iterator[_Add]:
    # The rows wait in a file of their own until the book is put together; given up, it goes with its folder.
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
        book.set_properties({"created": _MADE})
        page = book.add_worksheet(_NOT_IN_A_NAME.sub(" ", sheet)[:_LONGEST_SHEET_NAME])
        page.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            page.set_column(place, place, column.width)
        page.write_row(0, 0, [column.title for column in columns], book.add_format({"bold": True}))
        yield _Page(page, columns, _Dates(book)).add
        _aside.run(book.close)


class _Dates:
    """How dates are shown."""

    def __init__(self, book: Any) -> None:
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})


class _Page:
    """The sheet of a workbook, row below row."""

    def __init__(self, page: Any, columns: Sequence[Column], dates: _Dates) -> None:
        self._page = page
        self._columns = columns
        self._dates = dates
        self._next = 1

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            for place, column in enumerate(self._columns):
                self._put(place, column.of(row))
            self._next += 1

    def _put(self, place: int, cell: Cell) -> None:
        if isinstance(cell, str):
            # As text whatever it says, so that "=1+1" is never a formula.
            if cell:
                text = _UNWRITABLE.sub("", _LINE_END.sub("\n", cell))
                self._page.write_string(self._next, place, text)
        elif isinstance(cell, datetime):
            self._page.write_datetime(self._next, place, cell, self._dates.moment)
        elif isinstance(cell, date):
            self._page.write_datetime(self._next, place, cell, self._dates.day)
        elif isinstance(cell, int) and abs(cell) >= _LARGEST_WHOLE:
            self._page.write_string(self._next, place, str(cell))
        elif isfinite(cell):
            self._page.write_number(self._next, place, cell)


def _plain(value: Any) -> Cell:
    """A value as a cell holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime):
        # Spreadsheets know no time zones.
        return value.astimezone(clock.BEIJING).replace(tzinfo=None, microsecond=0)
    if isinstance(value, date):
        return value
    if isinstance(value, list | tuple):
        return "、".join(str(item) for item in value)
    return str(value)
