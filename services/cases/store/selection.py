"""Which matters a list is of: what its caller may see, narrowed by filters, as the pieces statements are made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.cases.domain import search
from services.cases.store import matters
from services.cases.store.matters import Reach
from shared import auth

DUE_SOON_HOURS = 24
_SUBDISTRICT_DIGITS = 9

_LIVE = "c.state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back')"
_IN_LIVE_INDEX = "c.case_id, c.reported_at, c.due_at, c.state, c.hold, c.stalled_as"
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
ENDED_TABS = frozenset({"closed"})

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
        where = _all((self._words_where, *self._asked))
        return f"FROM case_words w JOIN cases c ON c.case_id = w.case_id WHERE {where}"

    @property
    def words_counted(self) -> str:
        """The same to count by: without the matters, where nothing is asked of them."""
        return self.words_source if self._asked else f"FROM case_words w WHERE {self._words_where}"

    @property
    def reads_live(self) -> bool:
        """Words are sought in what has not ended of wide areas."""
        is_wide = bool(self.scopes) and not (self.is_narrow or self.is_personal)
        return is_wide and self.is_live and bool(self.sought.terms)

    @property
    def both_sources(self) -> str:
        """FROM and WHERE by both: what has not ended, and what holds the words, each read whole and then compared.
        Of the matters only what the index of those holds is there."""
        return (
            f"FROM (SELECT {_IN_LIVE_INDEX} {self.source} OFFSET 0) c"
            f" JOIN (SELECT w.case_id FROM case_words w WHERE {self._words_where} OFFSET 0) w USING (case_id)"
            " WHERE true"
        )

    @property
    def _words_where(self) -> str:
        # Scopes that are ranges stand in the query of characters too.
        within = _WITHIN if self.is_narrow else self.within
        found = "search_grams(w.content, w.area) @@ %(grams)s::tsquery"
        # A term of two characters is a pair: nothing is left to look at.
        exactly = [self._holds(n) for n, term in enumerate(self.sought.terms) if len(term) > 2]
        return _all((found, *exactly, *([within.format(row="w")] if within else [])))

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
        or tab in TABS.keys() - ENDED_TABS
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
