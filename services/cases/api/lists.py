"""Lists of matters: on the screen, counted under tabs, as a file."""

from collections.abc import Iterator
from typing import Any

from services.cases import labels
from services.cases.schemas import lists as schemas
from services.cases.schemas import matters
from services.cases.store import lists as store
from services.cases.store import names
from services.cases.store.selection import select
from shared import auth, clock, db, errors, http, logs, tables
from shared.http import Download, Page, Request, get

log = logs.get(__name__)

# Whoever reads lists for their work.
READERS = auth.STAFF


class ListsApi:
    """What there is to do, found and counted."""

    @get("/cases", roles=auth.ANYONE, query=schemas.CaseList, answers=matters.CaseSummary, page=True)
    def list_cases(self, tx: db.Tx, request: Request, /) -> Page:
        """List matters, newest first or by their limit.

        Staff see those of their areas, departments those they were called to, residents their own.
        """
        sort = request.query["sort"]
        selection = select(request.actor, request.query)
        rows = store.page(tx, selection, sort=sort, after=_place(request, sort), most=request.limit + 1)
        shown = http.page(rows, limit=request.limit, key=lambda row: _cursor(row, sort))
        total = store.count(tx, selection) if request.query["count"] else None
        return Page(
            items=[_summary(row) for row in shown.items],
            next_cursor=shown.next_cursor,
            total=None if total is None else min(total, store.MOST_COUNTED),
            total_is_capped=total is not None and total > store.MOST_COUNTED,
        )

    @get("/cases/tabs", roles=auth.ANYONE, query=schemas.CaseFilter, answers=schemas.Tabs)
    def count_tabs(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Count the matters under each tab of a list, by the list's own filters."""
        counted = store.count_tabs(tx, select(request.actor, request.query))
        return {
            "tabs": [
                {
                    "tab": tab,
                    "label": labels.TABS[tab],
                    "count": min(count, store.MOST_COUNTED),
                    "is_capped": count > store.MOST_COUNTED,
                }
                for tab, count in counted.items()
            ]
        }

    @get(
        "/cases/export",
        roles=READERS,
        query=schemas.CaseTable,
        media_type=http.TABLES,
        errors=(tables.TooManyRows,),
    )
    def export_cases(self, tx: db.Tx, request: Request, /) -> Download:
        """Take a list of matters home as CSV or XLSX: exactly what the list shows under the same filters.

        At most 50,000 matters; who reported them is left out.
        """
        selection = select(request.actor, request.query)
        count = store.count(tx, selection, most=tables.MOST_ROWS)
        if count > tables.MOST_ROWS:
            raise tables.TooManyRows(most=tables.MOST_ROWS)
        log.info("list_exported", person_id=request.actor.person_id, rows=count)
        rows = store.streamed(tx, selection, sort=request.query["sort"])
        return http.table(request, name="事项", columns=COLUMNS, rows=_named(tx, rows))


def _place(request: Request, sort: store.Sort) -> store.Place | None:
    """Where the page before ended. Raises Invalid for a cursor of another list."""
    cursor = request.cursor(length=3)
    if cursor is None:
        return None
    segment = http.whole_number(cursor[0])
    if not 0 <= segment < store.segments(sort):
        raise errors.invalid("?cursor", "cursor", "This cursor belongs to a list sorted otherwise.")
    return store.Place(segment=segment, moment=str(cursor[1]), case_id=str(cursor[2]))


def _cursor(row: dict[str, Any], sort: store.Sort) -> list[Any]:
    segment, moment, case_id = store.place_of(row, sort)
    return [segment, clock.rfc3339(moment), case_id]


def _summary(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "place": {"longitude": row["longitude"], "latitude": row["latitude"]}}


def _named(tx: db.Tx, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows with the names people know their codes by."""
    matters_, grids, departments = names.of_matters(tx), names.of_grids(tx), names.of_departments(tx)
    for row in rows:
        grid = grids.get(row["area"], {})
        called = [departments.get(department, department) for department in row["departments"]]
        yield {
            **row,
            "category_name": matters_.get(row["category"], row["category"]),
            "grid_name": grid.get("name"),
            "community_name": grid.get("community_name"),
            "subdistrict_name": grid.get("subdistrict_name"),
            "department_names": called,
        }


def _label(of: dict[str, str], key: str) -> Any:
    return lambda row: of.get(row[key], row[key])


COLUMNS = (
    tables.Column("编号", "number", width=26),
    tables.Column("状态", _label(labels.STATES, "state")),
    tables.Column("挂起", _label(labels.HOLDS, "hold")),
    tables.Column("事项", "category_name", width=20),
    tables.Column("内容", "words", width=60),
    tables.Column("地址", "address", width=30),
    tables.Column("街道", "subdistrict_name"),
    tables.Column("社区", "community_name"),
    tables.Column("网格", "grid_name", width=20),
    tables.Column("网格编码", "area", width=18),
    tables.Column("渠道", _label(labels.CHANNELS, "channel")),
    tables.Column("紧急程度", _label(labels.URGENCIES, "urgency")),
    tables.Column("层级", _label(labels.LEVELS, "level")),
    tables.Column("上报时间", "reported_at", width=20),
    tables.Column("办理期限", "due_at", width=20),
    tables.Column("办理完成时间", "resolved_at", width=20),
    tables.Column("办结时间", "closed_at", width=20),
    tables.Column("停滞", _label(labels.STALLED, "stalled_as")),
    tables.Column("重办次数", lambda row: row["run"] - 1),
    tables.Column("协同部门", "department_names", width=30),
    tables.Column("当事人见面", "met"),
    tables.Column("是否解决", "settled"),
    tables.Column("满意度", _label(labels.SATISFACTIONS, "satisfaction")),
)
