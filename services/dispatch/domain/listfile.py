"""The responsibility list as a table of text: what admins edit in a spreadsheet and send back."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from services.dispatch.domain.responsibility import MOST_ITEMS, UNITS, Item
from shared import errors
from shared.errors import FieldError

TITLES = ("编号", "事项", "领域", "主体责任单位", "配合单位", "街道职责", "依据", "办理流程", "对应事项目录")
_CODE, _NAME, _THEME, _MAIN, _SUPPORTING, _DUTY, _LAW, _PROCEDURE, _CATEGORIES = TITLES
_KINDS = {label: kind for kind, label in UNITS.items()}
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,29}\Z"
CATEGORY_PATTERN = r"^[a-z0-9_.]{1,59}[a-z0-9_*]\Z"
_LONGEST = {_NAME: 100, _THEME: 40, _DUTY: 200, _LAW: 300, _PROCEDURE: 500}
_REQUIRED = (_CODE, _NAME, _THEME, _MAIN, _LAW, _PROCEDURE)
# Spreadsheets run a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_ERRORS = 200


class RowsWrong(errors.Invalid):
    """Some rows are wrong; nothing was changed. Each is named with its line in the file."""


def written(items: Iterable[Item]) -> str:
    """The list as CSV with Chinese titles, as `read` takes it back."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(TITLES)
    for item in items:
        lines.writerow(
            _inert(cell)
            for cell in (
                item.code,
                item.name,
                item.theme,
                UNITS.get(item.main, item.main),
                " ".join(UNITS.get(unit, unit) for unit in item.supporting),
                item.subdistrict_duty,
                item.law,
                item.procedure,
                " ".join(item.categories),
            )
        )
    return text.getvalue()


def read(text: str) -> tuple[Item, ...]:
    """The items of a CSV file. Raises RowsWrong with every wrong cell, by line and title."""
    try:
        table = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        raise _wrong(
            [FieldError(pointer="/", code="csv", detail=f"This is no CSV file: {error}.")]
        ) from error
    titles = tuple(cell.strip() for cell in table[0]) if table else ()
    if titles != TITLES:
        raise _wrong([FieldError(pointer="/1", code="titles", detail=f"第一行须为：{','.join(TITLES)}")])
    rows = [
        (line, dict(zip(TITLES, map(_plain, cells), strict=False)) if len(cells) == len(TITLES) else None)
        for line, cells in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]
    if len(rows) > MOST_ITEMS:
        raise _wrong([FieldError(pointer="/", code="too_many", detail=f"最多 {MOST_ITEMS} 项")])
    return _items(rows)


def _items(rows: Sequence[tuple[int, dict[str, str] | None]]) -> tuple[Item, ...]:
    items: dict[str, Item] = {}
    wrong: list[FieldError] = []
    for line, row in rows:
        if row is None:
            wrong.append(FieldError(pointer=f"/{line}", code="cells", detail=f"须有 {len(TITLES)} 列"))
            continue
        found = _mistakes(line, row)
        if row[_CODE] in items:
            found.append(_mistake(line, _CODE, "repeated", "编号重复"))
        wrong += found
        if not found:
            items[row[_CODE]] = _item(row)
    if wrong:
        raise _wrong(wrong)
    return tuple(items.values())


def _item(row: dict[str, str]) -> Item:
    return Item(
        code=row[_CODE],
        name=row[_NAME],
        theme=row[_THEME],
        main=_KINDS[row[_MAIN]],
        supporting=tuple(dict.fromkeys(_KINDS[label] for label in row[_SUPPORTING].split())),
        subdistrict_duty=row[_DUTY],
        law=row[_LAW],
        procedure=row[_PROCEDURE],
        categories=tuple(dict.fromkeys(row[_CATEGORIES].split())),
    )


def _mistakes(line: int, row: dict[str, str]) -> list[FieldError]:
    found = [_mistake(line, title, "missing", "不能为空") for title in _REQUIRED if not row[title]]
    found += [
        _mistake(line, title, "too_long", f"最多 {most} 字")
        for title, most in _LONGEST.items()
        if len(row[title]) > most
    ]
    if row[_CODE] and not re.match(CODE_PATTERN, row[_CODE]):
        found.append(_mistake(line, _CODE, "invalid", "字母、数字、点、横线，最多 30 位"))
    units = row[_SUPPORTING].split()
    if row[_MAIN] and row[_MAIN] not in _KINDS:
        found.append(_mistake(line, _MAIN, "unknown_unit", f"须为：{'、'.join(_KINDS)}"))
    found += [
        _mistake(line, _SUPPORTING, "unknown_unit", f"没有这个单位：{unit[:40]}")
        for unit in units
        if unit not in _KINDS
    ]
    if row[_MAIN] in units:
        found.append(_mistake(line, _SUPPORTING, "invalid", "主体责任单位不能同时是配合单位"))
    found += [
        _mistake(line, _CATEGORIES, "invalid", f"不是事项编码：{category[:60]}")
        for category in row[_CATEGORIES].split()
        if not re.match(CATEGORY_PATTERN, category)
    ]
    return found


def _mistake(line: int, title: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=f"/{line}/{title}", code=code, detail=detail)


def _wrong(found: Sequence[FieldError]) -> RowsWrong:
    return RowsWrong(fields=tuple(found[:_MOST_ERRORS]), mistakes=len(found))


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
