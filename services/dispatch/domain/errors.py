"""What can be wrong about a step of an order."""

from shared import errors


class TaskNotInThisState(errors.Conflict):
    """The task is not in a state that allows this; read it again to see what is possible now."""


class OrderClosed(errors.Conflict):
    """The order is closed: the matter was resolved or ended otherwise."""


class SameDepartment(errors.Invalid):
    """An upheld return needs another department to take the task, or the reason why none is needed."""


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


class OwnRequest(errors.Conflict):
    """You asked for more time yourself, or your department did: another supervisor decides."""


class NotOfThisDepartment(errors.Invalid):
    """This person works for another department."""


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
    """The same clock, matter, class and urgency is limited twice, or a clock has two ladders; stages of one limit have
    different names."""


class NotAYear(errors.Invalid):
    """The days given must lie in the year, each once."""


class WeightsWrong(errors.Invalid):
    """Weights name indicators of the set, none below 0 and not all 0."""


class CriteriaWrong(errors.Invalid):
    """The points of all criteria together must be 100, each at least 1."""


class PointsWrong(errors.Invalid):
    """Give points for every criterion, within its most."""


class NoResponseYet(errors.Conflict):
    """Assess the department when it has replied."""


class AssessedAlready(errors.Conflict):
    """This response has been assessed; correct the assessment instead."""


class MonthFrozen(errors.Conflict):
    """The month's table is frozen; only a correction of the table, with a reason, changes it."""


class AlreadyRuled(errors.Conflict):
    """A supervisor decided an appeal against this assessment; it stays as decided."""


class WindowClosed(errors.Conflict):
    """The window for appeals of that month is closed."""


class AppealedAlready(errors.Conflict):
    """There was an appeal against this assessment already."""


class NotAppealed(errors.Conflict):
    """There is no appeal to decide."""


class MonthDrafted(errors.Conflict):
    """That month, or a later one, has its table already; new rules begin with a month after it."""


class NotFrozen(errors.Conflict):
    """The table is still a draft: it is computed again until it is frozen."""


class NotTheNewest(errors.Conflict):
    """The table was corrected; correct its newest version."""


class ProposalDecided(errors.Conflict):
    """Somebody has decided this proposal."""


class NotLongRun(errors.Conflict):
    """Only long-run low ranks are passed on for interview and notice."""


class RectifyLater(errors.Invalid):
    """The rectification date must lie after today."""


class SupervisionClosed(errors.Conflict):
    """This joint supervision is closed."""


class NotADistrict(errors.Invalid):
    """Tables are made per district; name one."""


class OwnResponse(errors.Conflict):
    """You act for this department yourself: somebody else must assess it, or decide its appeal."""


class OnlySupervisors(errors.Forbidden):
    """Only a supervisor of the area moves the date."""


class RecordedAlready(errors.Conflict):
    """This was recorded; it happens once."""


class AssessmentByItself(errors.Conflict):
    """Appeal against the assessment itself: its ruling changes this row too."""


class RowInFavour(errors.Conflict):
    """This row counts for the organisation already."""


class RowAppealedAlready(errors.Conflict):
    """There was an appeal against this row already."""


class AppealDecided(errors.Conflict):
    """Somebody has decided this appeal."""


class OwnAppeal(errors.Conflict):
    """You act for this organisation yourself: somebody else must decide its appeal."""
