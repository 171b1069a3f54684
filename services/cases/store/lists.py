"""Lists of matters: what a caller may see, narrowed, sorted across pages, counted.

List, count, tabs and file are put together here from the same pieces, so that they cannot disagree; the
named queries elsewhere are written out because they always ask the same. Only the filters given stand in a
statement, and it is planned for its values: a plan made for any values walks a million matters for the few
of a quiet grid.

How a list is found depends on how many matters can be in it:

- few (of a subdistrict or less, not yet ended, of one handler or reporter): all are read from an index that
  holds what they are filtered by, then sorted;
- many: the newest are walked until the page is full;
- with words: frequent ones, by the database's statistics, are looked for in the first of the list; rare ones, and
  those that do not fill the page so, by the index of characters, which answers all that hold them; what has not
  ended of a wide area and what holds the words are each read from their index and compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.cases.store.selection import ENDED_TABS, TABS, Selection
from services.cases.store.sql import queries
from shared import db

Sort = Literal["newest", "oldest", "due"]
SORTS: tuple[Sort, ...] = ("newest", "oldest", "due")
# A tab does not say how many beyond this.
MOST_COUNTED = 10_000
# Few matters are looked through for words that a larger share of all hold; those that hold what is rare are looked at.
_FREQUENT = 0.15
_RARE = 0.003
# At most so many are looked through for words before the index of characters is asked.
_MOST_LOOKED_THROUGH = 10_000
# Of a subdistrict or less, where the index answers fewer.
_MOST_OF_FEW = 3_000
_RAREST = 1e-9


@dataclass(frozen=True)
class _Segment:
    """A part of a sorted list: what belongs to it, how it is sorted, and what lies behind a place in it."""

    condition: str
    order: str
    key: str
    comparison: str

    def after(self) -> str:
        return f"({self.key}) {self.comparison} (%(after_key)s::timestamptz, %(after_id)s::uuid)"


_SEGMENTS: dict[Sort, tuple[_Segment, ...]] = {
    "newest": (_Segment("true", "c.reported_at DESC, c.case_id DESC", "c.reported_at, c.case_id", "<"),),
    "oldest": (_Segment("true", "c.reported_at, c.case_id", "c.reported_at, c.case_id", ">"),),
    # What has no limit comes after all that have one, the newest first.
    "due": (
        _Segment("c.due_at IS NOT NULL", "c.due_at, c.case_id", "c.due_at, c.case_id", ">"),
        _Segment("c.due_at IS NULL", "c.reported_at DESC, c.case_id DESC", "c.reported_at, c.case_id", "<"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page ended: in which segment, at which moment and id."""

    segment: int
    moment: str
    case_id: str


def page(
    tx: db.Tx, selection: Selection, *, sort: Sort, after: Place | None, most: int
) -> list[dict[str, Any]]:
    """The next matters of a list, at most so many, with the segment each is of."""
    found: list[dict[str, Any]] = []
    if selection.is_empty:
        return found
    segments = _SEGMENTS[sort]
    for number in range(after.segment if after else 0, len(segments)):
        segment = segments[number]
        of_segment = selection.only(segment.condition)
        values: dict[str, Any] = {"most": most - len(found)}
        if after and number == after.segment:
            of_segment = of_segment.only(segment.after())
            values |= {"after_key": after.moment, "after_id": after.case_id}
        rows = _first(tx, of_segment, segment, values)
        found += [{**row, "segment": number} for row in rows]
        if len(found) >= most:
            break
    return found


def segments(sort: Sort) -> int:
    return len(_SEGMENTS[sort])


def place_of(row: Mapping[str, Any], sort: Sort) -> tuple[int, Any, str]:
    """(segment, moment, id) of a row of a page."""
    by_due = sort == "due" and row["segment"] == 0
    return row["segment"], row["due_at"] if by_due else row["reported_at"], str(row["case_id"])


def count(tx: db.Tx, selection: Selection, *, most: int = MOST_COUNTED) -> int:
    """How many matters a list has; `most + 1` stands for more than so many."""
    if selection.is_empty:
        return 0
    rows = _ask(
        tx,
        f"SELECT count(*) AS n FROM (SELECT 1 {_counted_source(tx, selection)} LIMIT %(limit)s) AS counted",
        selection.parameters(limit=most + 1),
    )
    return int(rows[0]["n"])


def count_tabs(tx: db.Tx, selection: Selection) -> dict[str, int]:
    """How many matters of a list stand under each tab, up to MOST_COUNTED + 1."""
    if selection.is_empty:
        return dict.fromkeys(TABS, 0)
    live = selection.live()
    counted = ", ".join(
        f"count(*) FILTER (WHERE {condition}) AS {tab}"
        for tab, condition in TABS.items()
        if tab not in ENDED_TABS
    )
    found = dict(_ask(tx, f"SELECT {counted} {_keys_source(tx, live)}", live.parameters())[0])
    for tab in ENDED_TABS:
        found[tab] = count(tx, selection.only(TABS[tab]))
    return {tab: min(found[tab], MOST_COUNTED + 1) for tab in TABS}


def streamed(tx: db.Tx, selection: Selection, *, sort: Sort) -> Iterator[dict[str, Any]]:
    """Every matter of a list in its order, never all of them in memory."""
    if selection.is_empty:
        return
    for segment in _SEGMENTS[sort]:
        part = selection.only(segment.condition)
        statement = f"SELECT c.* {_whole_source(tx, part)} ORDER BY {segment.order}"
        yield from db.streamed(tx, statement, **part.parameters())


def _first(
    tx: db.Tx, selection: Selection, segment: _Segment, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The first matters of a segment."""
    parameters = selection.parameters(**values)
    source = selection.source
    if selection.sought.terms:
        found, is_all = _looked_through(tx, selection, segment, parameters)
        if is_all or len(found) >= values["most"]:
            return found
        source = _keys_source(tx, selection)
    is_few = selection.are_few or bool(selection.sought.terms)
    shown = _shown(source, segment, few=is_few, limit="most")
    statement = f"SELECT c.* FROM ({shown}) AS shown JOIN cases c USING (case_id) ORDER BY {segment.order}"
    return _ask(tx, statement, parameters)


def _looked_through(
    tx: db.Tx, selection: Selection, segment: _Segment, parameters: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], bool]:
    """Those of the first of a segment that hold the words, and whether there can be no others."""
    # Twice as many as hold enough of them on average.
    looked_through = round(2 * parameters["most"] / max(_share(tx, selection), _RAREST))
    if looked_through > (_MOST_OF_FEW if selection.is_narrow else _MOST_LOOKED_THROUGH):
        return [], False
    asked = {**parameters, "looked_through": looked_through}
    near = _shown(selection.source, segment, few=selection.are_few, limit="looked_through")
    # Sorted as its first part is, it ends as soon as the page is full.
    found = _ask(
        tx,
        f"SELECT whole.* FROM ({near}) AS c"
        " JOIN LATERAL (SELECT content FROM case_words WHERE case_id = c.case_id OFFSET 0) w"
        f" ON {selection.holds_terms}"
        f" JOIN cases whole ON whole.case_id = c.case_id ORDER BY {segment.order} LIMIT %(most)s",
        asked,
    )
    if len(found) >= parameters["most"]:
        return found, False
    walked = f"SELECT count(*) AS n FROM (SELECT 1 {selection.source} LIMIT %(looked_through)s) AS c"
    return found, _ask(tx, walked, asked)[0]["n"] < looked_through


def _whole_source(tx: db.Tx, selection: Selection) -> str:
    """FROM and WHERE for all of a selection."""
    if not selection.sought.terms:
        return selection.source
    if selection.is_personal:
        return selection.looked_through
    if selection.are_few and not selection.is_narrow and _share(tx, selection) > _FREQUENT:
        return selection.looked_through
    return selection.words_source


def _keys_source(tx: db.Tx, selection: Selection) -> str:
    """The same where no more is wanted than what one sorts and counts by."""
    is_frequent_enough = selection.reads_live and _RARE < _share(tx, selection) <= _FREQUENT
    return selection.both_sources if is_frequent_enough else _whole_source(tx, selection)


def _counted_source(tx: db.Tx, selection: Selection) -> str:
    """FROM and WHERE for the number of them."""
    source = _keys_source(tx, selection)
    return selection.words_counted if source == selection.words_source else source


def _share(tx: db.Tx, selection: Selection) -> float:
    """About what share of all matters hold the words sought."""
    sought = selection.sought
    rows = queries.frequent_grams(tx, grams=sought.grams, singles=sought.singles)
    return sought.share({row["gram"]: row["share"] for row in rows})


def _shown(source: str, segment: _Segment, *, few: bool, limit: str) -> str:
    """The first of a source, as what one sorts by. Few are read whole before they are sorted, or a quiet area
    would make the planner walk through everybody's matters."""
    keys = "c.case_id, c.reported_at, c.due_at"
    end = f"ORDER BY {segment.order} LIMIT %({limit})s"
    if few:
        return f"WITH found AS MATERIALIZED (SELECT {keys} {source}) SELECT {keys} FROM found c {end}"
    return f"SELECT {keys} {source} {end}"


def _ask(tx: db.Tx, statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    # Not prepared: a prepared statement is soon planned for any values.
    return tx.execute(statement.encode(), parameters, prepare=False).fetchall()
