"""Lists as files for spreadsheets: CSV and XLSX, written row by row, never held whole in memory.

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
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, Literal

from shared import clock, errors, xlsx

Format = Literal["csv", "xlsx"]
Row = Mapping[str, Any]
# What a cell may hold.
Cell = str | int | float | Decimal | date | datetime

MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "xlsx": xlsx.MEDIA_TYPE}
# So many take a few seconds of a request; whoever needs more narrows by time or area.
MOST_ROWS = 50_000
# Others of the process get their turn after so many rows.
_TURN_ROWS = 200
# What spreadsheets take for the beginning of a formula, the full-width forms an input method makes included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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
    bounded = _Bounded(rows, most)
    cells = ([column.of(row) for column in columns] for row in bounded)
    if form == "csv":
        _write_csv(file, [column.title for column in columns], cells)
    else:
        xlsx.write(file, sheet, [(column.title, column.width) for column in columns], cells)
    return bounded.seen


class _Bounded:
    """Rows up to a limit; others of the process have their turn in between."""

    def __init__(self, rows: Iterable[Row], most: int) -> None:
        self._rows = rows
        self._most = most
        self.seen = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            if self.seen >= self._most:
                raise TooManyRows(most=self._most)
            self.seen += 1
            if self.seen % _TURN_ROWS == 0:
                time.sleep(0)
            yield row


def _write_csv(file: BinaryIO, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    # The mark at the beginning tells Excel that this is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(titles)
        for row in rows:
            writer.writerow([_csv_cell(cell) for cell in row])
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
