"""What can be wrong about a step of an order."""

from shared import errors


class TaskNotInThisState(errors.Conflict):
    """The task is not in a state that allows this; read it again to see what is possible now."""


class OrderClosed(errors.Conflict):
    """The order is closed: the matter was resolved or ended otherwise."""


class SameDepartment(errors.Invalid):
    """An upheld return needs another department to take the task."""


class UnknownDepartment(errors.Invalid):
    """The department does not exist, is closed, or does not serve this area."""


class RatedAlready(errors.Conflict):
    """This side has rated this task."""


class NotFinishedYet(errors.Conflict):
    """Rate the other side when the task is finished."""


class NoLimit(errors.Conflict):
    """The preset has no limit for this clock; an admin must add one."""


class LocalJurisdictionIsNoGround(errors.Invalid):
    """Local jurisdiction 属地管理 is no ground of return: the responsibility list says whose matter it is."""


class ReturnTooLate(errors.Conflict):
    """The time in which this task may be returned is over; ask a supervisor."""


class NothingToReview(errors.Conflict):
    """No reply waits for approval."""


class OwnReply(errors.Conflict):
    """Somebody else of the department approves the reply."""


class ReplyNotApproved(errors.Conflict):
    """The reply waits for the department's approval."""


class EvidenceMissing(errors.Invalid):
    """Say what was done, or attach what shows it."""


class OwnCall(errors.Conflict):
    """You called this department yourself and act for it: somebody else must rate."""


class NotYourCall(errors.Forbidden):
    """Who called the department rates it, or a caller of that area."""


class OwnReturn(errors.Conflict):
    """Your own department asks to give this back: another supervisor decides."""


class ClockEnded(errors.Conflict):
    """The limit was met or ended; it cannot be moved any more."""


class NoSuchStage(errors.Conflict):
    """This is not the stage under way, or it is the last one, which finishing ends."""


class ExtensionTooLate(errors.Conflict):
    """An extension is asked for before the limit ends; this one has."""


class ExtensionsUsedUp(errors.Conflict):
    """The limits in force allow no further extension."""


class ExtensionOpen(errors.Conflict):
    """An extension of this limit is asked for already and not decided."""


class ExtensionDecidedAlready(errors.Conflict):
    """This request was decided."""


class ExtensionLapsed(errors.Conflict):
    """The limit was met or set anew since the extension was asked for; there is nothing to move any more."""


class PresetIncomplete(errors.Invalid):
    """Every clock (sign, arrive, finish, call_back, elapsed) needs a limit that holds for all matters."""


class LimitTwice(errors.Invalid):
    """The same clock, matter, class and urgency is limited twice; stages of one limit have different names."""


class NotAYear(errors.Invalid):
    """The days given must lie in the year, each once."""
