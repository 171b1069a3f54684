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
  those that do not fill the page so, by the index of characters, which answers all that hold them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from services.cases.domain import search
from services.cases.store import matters
from services.cases.store.matters import Reach
from services.cases.store.sql import queries
from shared import auth, db

Sort = Literal["newest", "oldest", "due"]
SORTS: tuple[Sort, ...] = ("newest", "oldest", "due")
# A tab does not say how many beyond this.
MOST_COUNTED = 10_000
DUE_SOON_HOURS = 24
# Few matters are looked through for words that a larger share of all hold.
_FREQUENT = 0.02
# At most so many are looked through for words before the index of characters is asked.
_MOST_LOOKED_THROUGH = 10_000
# Of a subdistrict or less, where the index answers fewer.
_MOST_OF_FEW = 3_000
_RAREST = 1e-9
_SUBDISTRICT_DIGITS = 9

_LIVE = "c.state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back')"
_WITHIN = "{row}.area ^@ ANY(%(scopes)s)"
_LIVE_STATES = frozenset({"received", "triaged", "handling", "resolved", "checked", "called_back"})
_RUNNING = "c.state IN ('received', 'triaged', 'handling')"
_OVERDUE = f"{_RUNNING} AND c.due_at < now()"
_DUE_SOON = (
    f"{_RUNNING} AND c.due_at >= now() AND c.due_at < now() + make_interval(hours => {DUE_SOON_HOURS})"
)

# tab → its condition. All but `closed` are of matters not yet ended.
TABS = {
    "new": "c.state = 'received' AND c.hold IS NULL",
    "handling": "c.state IN ('triaged', 'handling') AND c.hold IS NULL",
    "due_soon": _DUE_SOON,
    "overdue": _OVERDUE,
    "to_check": "c.state = 'resolved'",
    "to_call_back": "c.state = 'checked'",
    "on_hold": "c.hold IS NOT NULL",
    "stalled": "c.stalled_as IS NOT NULL",
    "closed": "c.state = 'closed'",
}
_ENDED_TABS = frozenset({"closed"})

# filter → its condition on the value of the same name.
_EQUAL = ("state", "category", "channel", "urgency", "level", "hold", "number")
_CONDITIONS = {
    **{name: f"c.{name} = %({name})s" for name in _EQUAL},
    "handler": "c.first_handler_by = %(handler)s",
    "reported_from": "c.reported_at >= %(reported_from)s",
    "reported_to": "c.reported_at < %(reported_to)s",
}
# What leaves few of however many.
_PERSONAL = frozenset({"handler", "number"})
_FLAGS = {"overdue": _OVERDUE, "due_soon": _DUE_SOON, "stalled": TABS["stalled"]}


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
class Selection:
    """Which matters: what the caller may see, narrowed by filters."""

    conditions: tuple[str, ...]
    values: Mapping[str, Any]
    # Of the area, where its scopes are no ranges: of `{row}`, be it a matter or its words.
    within: str | None = None
    # All of them can be read before they are sorted.
    are_few: bool
    # Of one reporter or handler.
    is_personal: bool = False
    scopes: tuple[str, ...] = ()
    # Scopes small enough to be ranges of an index.
    is_narrow: bool = False
    sought: search.Sought = field(default_factory=lambda: search.Sought(()))
    # Not yet ended.
    is_live: bool = False
    is_empty: bool = False

    def only(self, condition: str) -> "Selection":
        return replace(self, conditions=(*self.conditions, condition))

    def live(self) -> "Selection":
        """What of it has not ended yet."""
        return replace(self, is_live=True, are_few=True)

    @property
    def source(self) -> str:
        """FROM and WHERE without words."""
        tables = "cases c"
        if self.is_narrow:
            tables = (
                "unnest(%(scopes)s::text[]) AS scope (prefix) JOIN cases c"
                ' ON c.area >= scope.prefix COLLATE "C" AND c.area < (scope.prefix || \':\') COLLATE "C"'
            )
        within = () if self.within is None else (self.within.format(row="c"),)
        return f"FROM {tables} WHERE {_all((*within, *self._asked))}"

    @property
    def _asked(self) -> tuple[str, ...]:
        """What is asked of the matters besides where they are."""
        if not self.is_live:
            return self.conditions
        if self.scopes and not self.is_personal:
            # All are read from the index of those, which holds what they are filtered by. Filters that look like
            # other indexes lead the planner there, and to the rows: state and limit say almost the same, and taken
            # for independent of each other they seem to leave next to nothing.
            return (_LIVE, *(f"({condition}) IS TRUE" for condition in self.conditions))
        return (_LIVE, *self.conditions)

    @property
    def looked_through(self) -> str:
        """FROM and WHERE by looking at the words of each."""
        tables, conditions = self.source.split(" WHERE ", 1)
        # A fence: joined otherwise, all words there are would be read.
        words = "JOIN LATERAL (SELECT content FROM case_words WHERE case_id = c.case_id OFFSET 0) w ON true"
        return f"{tables} {words} WHERE {conditions} AND {self.holds_terms}"

    @property
    def words_source(self) -> str:
        """FROM and WHERE by way of the index of characters."""
        return f"FROM case_words w JOIN cases c ON c.case_id = w.case_id WHERE {self._words_where}"

    @property
    def words_counted(self) -> str:
        """The same to count by: without the matters, where nothing is asked of them."""
        return self.words_source if self._asked else f"FROM case_words w WHERE {self._words_where}"

    @property
    def _words_where(self) -> str:
        # Scopes that are ranges stand in the query of characters too.
        within = _WITHIN if self.is_narrow else self.within
        found = "search_grams(w.content, w.area) @@ %(grams)s::tsquery"
        # A term of two characters is a pair: nothing is left to look at.
        exactly = [self._holds(n) for n, term in enumerate(self.sought.terms) if len(term) > 2]
        return _all((found, *exactly, *([within.format(row="w")] if within else []), *self._asked))

    @property
    def holds_terms(self) -> str:
        """Exactly what was typed, while the index knows pairs only."""
        return _all(self._holds(n) for n in range(len(self.sought.terms)))

    def _holds(self, n: int) -> str:
        return f"strpos(w.content, %(term_{n})s) > 0"

    def parameters(self, **more: Any) -> dict[str, Any]:
        found = {**self.values, **more}
        if self.sought.terms:
            found |= {f"term_{n}": term for n, term in enumerate(self.sought.terms)}
            found["grams"] = self.sought.query(self.scopes if self.is_narrow else ())
        return found


def _all(conditions: Iterable[str]) -> str:
    return " AND ".join(f"({condition})" for condition in conditions) or "true"


def select(actor: auth.Actor, filters: Mapping[str, Any]) -> Selection:
    """What of an actor's matters the filters leave: of their areas for staff, else called to, else reported."""
    selection = _within_reach(matters.seen(actor), filters)
    given = {name: filters[name] for name in _CONDITIONS if filters.get(name) is not None}
    flags = [condition for name, condition in _FLAGS.items() if filters.get(name)]
    tab = filters.get("tab")
    conditions = [_CONDITIONS[name] for name in given] + flags + ([TABS[tab]] if tab else [])
    is_live = (
        "hold" in given
        or given.get("state") in _LIVE_STATES
        or bool(flags)
        or tab in TABS.keys() - _ENDED_TABS
    )
    sought = search.sought(filters.get("text") or "")
    is_personal = selection.is_personal or not given.keys().isdisjoint(_PERSONAL)
    selection = replace(
        selection,
        conditions=(*selection.conditions, *conditions),
        values={**selection.values, **given},
        are_few=selection.are_few or is_personal,
        is_personal=is_personal,
        sought=sought,
        # Nothing but punctuation was typed: no matter holds it.
        is_empty=selection.is_empty or bool(filters.get("text") and sought.is_empty),
    )
    return selection.live() if is_live else selection


def _within_reach(reach: Reach, filters: Mapping[str, Any]) -> Selection:
    area = filters.get("area")
    narrowed = ("c.area ^@ %(area)s",) if area is not None else ()
    if filters.get("mine") or not (reach.scopes or reach.department):
        return Selection(
            conditions=("c.reporter_id = %(person_id)s", *narrowed),
            values={"person_id": reach.person_id, "area": area},
            are_few=True,
            is_personal=True,
        )
    if reach.scopes:
        scopes = matters.within(area, reach.scopes)
        is_narrow = all(len(scope) >= _SUBDISTRICT_DIGITS for scope in scopes)
        return Selection(
            conditions=(),
            within=None if is_narrow else _WITHIN,
            values={"scopes": scopes},
            are_few=is_narrow,
            scopes=tuple(scopes),
            is_narrow=is_narrow,
            is_empty=not scopes,
        )
    return Selection(
        conditions=("c.departments @> ARRAY[%(department)s::text]", *narrowed),
        values={"department": reach.department, "area": area},
        are_few=False,
    )


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
        if tab not in _ENDED_TABS
    )
    found = dict(_ask(tx, f"SELECT {counted} {_whole_source(tx, live)}", live.parameters())[0])
    for tab in _ENDED_TABS:
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
        source = _whole_source(tx, selection)
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


def _counted_source(tx: db.Tx, selection: Selection) -> str:
    """FROM and WHERE for the number of them."""
    whole = _whole_source(tx, selection)
    return selection.words_counted if whole == selection.words_source else whole


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
