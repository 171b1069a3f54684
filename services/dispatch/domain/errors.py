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
