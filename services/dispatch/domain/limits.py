"""How long each clock may run: named presets (domain.md §4, §10), and the calendar they are counted in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.dispatch.domain import errors
from shared import calendar
from shared.calendar import Due, Limit, Unit, WorkingCalendar
from shared.contracts.cases import Urgency
from shared.contracts.dispatch import ClockName

ANY = "*"
CLOCKS: tuple[ClockName, ...] = ("sign", "arrive", "finish", "call_back", "elapsed")
# A limit of fewer days than this warns at 80 % of it instead of one working day before.
_SHORT_DAYS = 2
_WARN_PERCENT = 80

# (clock, matter of the catalogue, SLA class, urgency); ANY matches every matter, class or urgency.
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Stage:
    """One of the limits passed one after the other, each counted from the clock's start; a lone one has no name."""

    name: str
    limit: Limit


@dataclass(frozen=True)
class Ladder:
    """What follows a red card: the first supervision order, and how long each gives to put things right."""

    supervise_after: Limit
    # The next order is given when this one's date has passed and nothing was settled.
    rectify_within: Limit


@dataclass(frozen=True)
class Extension:
    """How often a limit may be extended, and by how much each time."""

    most: int
    by: Limit


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One version of a named set of limits. Exactly one preset is in force at a time."""

    name: str
    version: int = 1
    stages: Mapping[Key, tuple[Stage, ...]]
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    extension: Extension | None = None
    # How long after a task was sent its department may still ask to give it back.
    return_within: Limit | None = None

    def stages_of(
        self, clock: ClockName, *, category: str, sla_class: str, urgency: Urgency
    ) -> tuple[Stage, ...]:
        """The most particular limits there are: the matter's own before its class's, class before urgency.

        Raises NoLimit.
        """
        for matter in (category, ANY):
            for key in (
                (clock, matter, sla_class, urgency),
                (clock, matter, sla_class, ANY),
                (clock, matter, ANY, urgency),
                (clock, matter, ANY, ANY),
            ):
                if key in self.stages:
                    return self.stages[key]
        raise errors.NoLimit(preset=self.name, clock=clock, sla_class=sla_class, urgency=urgency)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The preset in force, the versions running clocks began with, and the calendar, as a decision needs them."""

    preset: Preset
    calendar: WorkingCalendar
    # (name, version) → preset.
    versions: Mapping[tuple[str, int], Preset] = field(default_factory=dict)

    def begun_with(self, name: str, version: int) -> Preset:
        """The version a clock began with; the one in force where that is not known any more."""
        return self.versions.get((name, version), self.preset)

    def due(self, start: datetime, limit: Limit) -> Due:
        """When a limit that begins at `start` ends."""
        return calendar.advance(self.calendar, start, limit)

    def warning(self, start: datetime, due: datetime, limit: Limit) -> Due:
        """When the yellow card is shown: one working day before due, or at 80 % of a short limit.

        Days of elapsed time may pass without a working day among them (a long holiday): such a limit is short too,
        or its warning would come before it begins.
        """
        if limit.unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS) and limit.amount >= _SHORT_DAYS:
            warning = calendar.retreat(self.calendar, due, Limit(1, Unit.WORKING_DAYS))
            if warning.at > start:
                return warning
        unit = Unit.WORKING_SECONDS if limit.unit.working else Unit.CALENDAR_SECONDS
        return calendar.at_share(self.calendar, start, due, _WARN_PERCENT, unit)
