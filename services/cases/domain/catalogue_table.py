"""The catalogue as a table people edit in a spreadsheet: Chinese titles and labels, one row per matter.

What is written can be read back: export is the format of import. Where a cell names something by its label or by
its code, both are understood.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.cases.domain import errors
from services.cases.domain.catalogue import Matter

MOST_ROWS = 5000
_BETWEEN = "、"
# What spreadsheets take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

# Title of a column → field of a matter.
TITLES = {
    "事项编码": "code",
    "事项名称": "name",
    "类别": "theme",
    "处置机制": "mechanism",
    "问题性质": "scope_class",
    "起始层级": "level",
    "时限类别": "sla_class",
    "紧急程度": "urgency",
    "主责部门": "main_department_kind",
    "协办部门": "supporting_department_kinds",
    "所需材料": "required_documents",
    "立案标准": "filing_standard",
    "结案标准": "closing_standard",
    "在用": "is_active",
}
COLUMNS = {field: title for title, field in TITLES.items()}
_MANY = ("supporting_department_kinds", "required_documents")

_DEPARTMENTS = {
    "public_security": "公安",
    "traffic_police": "交警",
    "urban_management": "城管",
    "law_enforcement": "综合执法",
    "ecology": "生态环境",
    "market_supervision": "市场监管",
    "justice": "司法行政",
    "housing": "住建",
    "civil_affairs": "民政",
    "health": "卫生健康",
    "education": "教育",
    "emergency": "应急消防",
    "utilities": "水电气暖",
}
# Field → code → label.
LABELS: dict[str, dict[str, str]] = {
    "theme": {
        "city_management": "城市管理",
        "environment": "生态环境",
        "livelihood": "民生保障",
        "disputes": "矛盾纠纷",
        "safety": "公共安全",
        "services": "便民服务",
    },
    "mechanism": {"general": "一般性", "coordination": "协调性", "emergency": "突发性", "approval": "审批性"},
    "scope_class": {"general": "一般性", "regional": "区域性", "overall": "全局性", "major": "重大或突发性"},
    "level": {"grid": "网格", "community": "社区", "subdistrict": "街道", "district": "区县"},
    "sla_class": {
        "emergency": "突发即办",
        "four_hours": "四个工作时",
        "urgent_day": "二十四小时",
        "two_days": "两个工作日",
        "five_days": "五个工作日",
        "twenty_days": "二十个工作日",
    },
    "urgency": {"ordinary": "一般", "urgent": "紧急", "emergency": "特急"},
    "main_department_kind": _DEPARTMENTS,
    "supporting_department_kinds": _DEPARTMENTS,
    "is_active": {"true": "是", "false": "否"},
}
_CODES = {field: {label: code for code, label in labels.items()} for field, labels in LABELS.items()}


def write(matters: Iterable[Matter]) -> str:
    """The table of these matters."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(TITLES)
    for matter in matters:
        writer.writerow([_cell(field, getattr(matter, field)) for field in TITLES.values()])
    return text.getvalue()


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table as fields with their codes, unchecked."""

    # As a spreadsheet numbers it: the titles are row 1.
    number: int
    fields: dict[str, Any]
    # What is wrong with the row as a whole.
    fault: str | None = None


def read(text: str) -> list[Row]:
    """The rows of a table; empty ones are left out.

    Raises NotACatalogue when it is no such table at all.
    """
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        titles = [title.strip() for title in next(lines, [])]
        missing = [title for title in TITLES if title not in titles]
        unknown = [title for title in titles if title not in TITLES]
        if missing or unknown or len(titles) != len(TITLES):
            raise errors.NotACatalogue(missing=missing, unknown=unknown)
        rows: list[Row] = []
        for number, cells in enumerate(lines, 2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) >= MOST_ROWS:
                raise errors.NotACatalogue(most_rows=MOST_ROWS)
            rows.append(_row(number, titles, cells))
    except csv.Error as error:
        raise errors.NotACatalogue(
            f"The file cannot be read as CSV from line {lines.line_num} on: a quotation mark is not closed or wrong.",
            line=lines.line_num,
        ) from error
    return rows


def _row(number: int, titles: list[str], cells: list[str]) -> Row:
    if len(cells) != len(titles):
        fault = f"{len(cells)} cells where the table has {len(titles)} columns."
        return Row(number=number, fields={}, fault=fault)
    named = zip((TITLES[title] for title in titles), cells, strict=True)
    return Row(number=number, fields={field: _value(field, cell) for field, cell in named})


def _cell(field: str, value: Any) -> str:
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, tuple):
        return _guarded(_BETWEEN.join(_label(field, one) for one in value))
    return _guarded(_label(field, value or ""))


def _label(field: str, code: str) -> str:
    return LABELS.get(field, {}).get(code, code)


def _value(field: str, cell: str) -> Any:
    text = _unguarded(cell.strip())
    if field in _MANY:
        parts = [part.strip() for part in text.replace("，", _BETWEEN).replace(",", _BETWEEN).split(_BETWEEN)]
        return [_code(field, part) for part in parts if part]
    if field == "is_active":
        return {"true": True, "false": False}.get(_code(field, text.lower()), text)
    if field == "main_department_kind" and not text:
        return None
    return _code(field, text)


def _code(field: str, text: str) -> str:
    return _CODES.get(field, {}).get(text, text)


def _guarded(text: str) -> str:
    """What a spreadsheet would run as a formula begins with one more apostrophe."""
    return f"'{text}" if _is_formula(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(_FORMULA)
