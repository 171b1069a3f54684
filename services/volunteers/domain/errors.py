"""What can be wrong about teams, activities and orders."""

from shared import errors


class NotInThisState(errors.Conflict):
    """The state does not allow this; read it again to see what is possible now."""


class WrongLevel(errors.Invalid):
    """This kind of team belongs to another level of area."""


class OutsideTheTeam(errors.Invalid):
    """The activity lies outside the area of the team that runs it."""


class OutsideYourArea(errors.Invalid):
    """The area lies outside those you answer for."""


class CorpsExists(errors.Conflict):
    """The district has its volunteer corps already; there is one per district."""


class TeamNameTaken(errors.Conflict):
    """An active team of this name exists in the area."""


class TeamClosed(errors.Conflict):
    """The team is no longer active."""


class NotRegistered(errors.Conflict):
    """Register as a volunteer first."""


class SkillsMissing(errors.Conflict):
    """The activity asks for skills that your registration does not name."""


class AlreadySignedUp(errors.Conflict):
    """You are on the list of this activity already."""


class NotSignedUp(errors.Conflict):
    """You are not on the list of this activity."""


class TooEarly(errors.Conflict):
    """Not yet: the activity has not come so far."""


class TooLate(errors.Conflict):
    """The activity is over."""


class WrongCode(errors.Conflict):
    """This is not the activity's code; ask the team lead to show it."""


class WindowTooLong(errors.Invalid):
    """An activity ends after it begins, and within a year."""


class OwnHours(errors.Forbidden):
    """Nobody says how long they or their household served; check in and out, or let somebody else confirm it."""


class MinutesTooMany(errors.Invalid):
    """Nobody serves longer than the activity lasts."""


class NoArea(errors.Invalid):
    """Say in which area the service is wanted; your household is not known."""


class UnknownService(errors.Invalid):
    """The menu has no such service, or it is no longer offered."""


class OwnOrder(errors.Conflict):
    """Nobody serves the order of their own household; a volunteer of another one takes it."""


class DrawnOrder(errors.Conflict):
    """This service is drawn from the volunteer bank; points stay reserved for it, so it is ended there."""
