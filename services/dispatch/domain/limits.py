"""How long each clock may run: named presets (domain.md §4, §10), and the calendar they are counted in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.dispatch.domain import errors
from shared import calendar
from shared.calendar import Due, Limit, Unit, WorkingCalendar
from shared.contracts.cases import Urgency
from shared.contracts.dispatch import ClockName

ANY = "*"
# A limit of fewer days than this warns at 80 % of it instead of one working day before.
_SHORT_DAYS = 2
_WARN_PERCENT = 80


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The preset in force and the working calendar, as a decision needs them."""

    preset: str
    # (clock, SLA class, urgency) → limit; ANY matches every class or urgency.
    limits: Mapping[tuple[str, str, str], Limit]
    calendar: WorkingCalendar

    def limit(self, clock: ClockName, *, sla_class: str, urgency: Urgency) -> Limit:
        """The most particular limit there is: by class and urgency, by class, by urgency, for all. Raises NoLimit."""
        for key in (
            (clock, sla_class, urgency),
            (clock, sla_class, ANY),
            (clock, ANY, urgency),
            (clock, ANY, ANY),
        ):
            if key in self.limits:
                return self.limits[key]
        raise errors.NoLimit(preset=self.preset, clock=clock, sla_class=sla_class, urgency=urgency)

    def due(self, start: datetime, limit: Limit) -> Due:
        return calendar.advance(self.calendar, start, limit)

    def warning(self, start: datetime, due: datetime, limit: Limit) -> Due:
        """When the yellow card is shown: one working day before due, or at 80 % of a short limit."""
        days = limit.unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS)
        if days and limit.amount >= _SHORT_DAYS:
            return calendar.retreat(self.calendar, due, Limit(1, Unit.WORKING_DAYS))
        unit = Unit.WORKING_SECONDS if limit.unit.working else Unit.CALENDAR_SECONDS
        return calendar.at_share(self.calendar, start, due, _WARN_PERCENT, unit)
