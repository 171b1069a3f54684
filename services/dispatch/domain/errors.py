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
