"""What can be wrong about a step of a matter."""

from shared import errors


class NotInThisState(errors.Conflict):
    """The matter is not in a state that allows this; read it again to see what is possible now."""


class OutsideEveryGrid(errors.Invalid):
    """The place lies in no grid of this deployment."""


class UnknownCategory(errors.Invalid):
    """The catalogue has no such matter, or it is no longer in use."""


class AlreadyCalled(errors.Conflict):
    """This department has an open order for the matter already."""


class ClimbsOnly(errors.Conflict):
    """A matter climbs from grid to community to subdistrict to district, one way."""


class AnsweredInPerson(errors.Invalid):
    """Who answers for themselves was reached."""


class CannotMerge(errors.Conflict):
    """A matter merges only into another one that is still handled, and never into itself."""


class NothingChanged(errors.Conflict):
    """The catalogue says this already; no version was made."""


class NotACatalogue(errors.Invalid):
    """The file is no table of the catalogue: save it as CSV with the titles that the export has."""


class WrongRows(errors.Invalid):
    """Some rows of the file are wrong, so none was taken over; each is named with what it should be."""


class EmptyFile(errors.Invalid):
    """The file is empty."""


class UnknownMedia(errors.Unsupported):
    """Photos may be JPEG, PNG or WebP, documents PDF, Word, Excel, PowerPoint (docx, xlsx, pptx) or OpenDocument."""


class MacrosInside(errors.Unsupported):
    """The document brings a program (macros); save it without and send it again."""


class BrokenPhoto(errors.Invalid):
    """The photo cannot be opened: it is cut off or damaged."""


class TooManyPixels(errors.Invalid):
    """The photo has too many pixels; make it smaller and send it again."""


class FileTooLarge(errors.TooLarge):
    """The file is over the limit; make it smaller and send it again."""


class EnoughAttached(errors.Conflict):
    """The matter has as many photos and documents as one may have; remove one first."""


class UnknownAttachment(errors.Invalid):
    """An attachment named here does not belong to the matter, or was removed."""


class NotYourAttachment(errors.Forbidden):
    """Only who attached it, or who decides for the area, may remove it."""


class AnsweredTooLate(errors.Conflict):
    """The answer about a closed matter can no longer be changed; report it anew if it is not settled."""


class RefutedTooLate(errors.Conflict):
    """The matter was closed too long ago to be opened again; report it anew if it is not settled."""


class TakenByAnother(errors.Conflict):
    """Somebody else claimed this a short while ago; take another one, or wait until the claim ends."""


class NotYetAgain(errors.Conflict):
    """It is too early for the next try: the last one was short ago, or it is night; `ready_at` says when."""


class HearingOver(errors.Conflict):
    """This check or call-back is over: it was done, or the matter went another way."""


class UnknownOutcome(errors.Invalid):
    """This outcome does not belong to such a try."""


class NotOfThisKind(errors.Conflict):
    """A check is recorded at the matter, a call-back by its answer; only what is told is ended here."""


class HoldAsked(errors.Conflict):
    """A request to put this matter off waits for its decision already."""


class NothingAsked(errors.Conflict):
    """Nobody asked to put this matter off, or the request was decided."""


class NotHeld(errors.Conflict):
    """The matter is neither deferred nor on the standing list."""


class NotYourOwnRequest(errors.Conflict):
    """Whoever asks does not decide: another person must."""


class ReachTooSmall(errors.NotFound):
    """There is nothing here that you may decide: it needs somebody of a higher level."""


class ReviewDateOutOfBounds(errors.Invalid):
    """The review date must lie after today and within the longest time allowed."""


class LimitNotUsedUp(errors.Conflict):
    """The standing list is for matters whose limit is over; this one still runs, or has none."""


class ExtensionNotUsedUp(errors.Conflict):
    """No such decision about more time is on record for this matter; say rightly why no extension is left."""


class NotCalled(errors.NotFound):
    """Your department was not called to such a matter."""


class RemovalAsked(errors.Conflict):
    """Your department asked for this already, or it was granted."""


class RemovalDecided(errors.Conflict):
    """This request was decided."""


class MonthFrozen(errors.Conflict):
    """The month's ranking is frozen; corrections go by appeal."""


class MonthOutOfBounds(errors.Invalid):
    """The month must be one from the report of the matter up to now."""


class PersonalData(errors.Invalid):
    """A public notice may not hold personal data; `found` names what seems to be in it."""


class ReportersWords(errors.Invalid):
    """A public notice is in the officer's own words; this repeats the report of the matter."""


class NotADraft(errors.Conflict):
    """The notice is on the board; write its progress, or end it and write another."""


class NotPublished(errors.Conflict):
    """The notice is a draft; publish it first."""


class NoticeOver(errors.Conflict):
    """The notice was taken from the board."""


class BundleTooSmall(errors.Invalid):
    """A bundled service has at least two things to do."""


class TimeOutOfBounds(errors.Invalid):
    """An appointment begins from now on within 90 days, and lasts at most twelve hours."""


class NotOffHours(errors.Invalid):
    """Off-hours service lies outside business hours."""


class NotBegun(errors.Conflict):
    """The appointed time has not come yet."""


class AppointmentOver(errors.Conflict):
    """The appointment is not in a state that allows this."""


class WorkerBusy(errors.Conflict):
    """The worker has another appointment at that time."""


class DocumentsMissing(errors.Conflict):
    """This approval still gathers documents: take them in, waive them, or decline the matter."""


class NotYoursToSettle(errors.Forbidden):
    """A regional 区域性 matter is settled by the community, an overall 全局性 one by those it was reported to."""


class NotAnApproval(errors.Conflict):
    """Only an approval 审批性 gathers documents."""


class TooManyDocuments(errors.Conflict):
    """The matter gathers as many documents as one may."""


class DocumentUnknown(errors.NotFound):
    """The matter gathers no such document."""


class DocumentNotMissing(errors.Conflict):
    """This document was taken in or waived already."""


class DocumentMissing(errors.Conflict):
    """This document was not taken in or waived yet."""


class OthersReported(errors.Conflict):
    """Others reported the same and their matters were merged into this one; it is handled on for them."""


class NotOnTheSpot(errors.Invalid):
    """Only a general 一般性 matter is settled on the spot and recorded in one step."""


class OutsideYourAreas(errors.Invalid):
    """The place lies outside the areas you may file this in."""


class NotForResidents(errors.Invalid):
    """Only staff say on whose behalf, where found or how settled a matter was filed."""


class NotYourChannel(errors.Invalid):
    """An outside system files with its own number, by one of its own channels."""


class ConfidentialCaller(errors.Forbidden):
    """The caller asked to stay unknown: only the hotline desk and whoever took the call may look."""


class NothingToDiscuss(errors.Conflict):
    """No discussion of this matter is open."""


class WrongLevel(errors.Invalid):
    """Such a meeting is not held for an area of this level."""


class MeetingOver(errors.Conflict):
    """The meeting was held or cancelled; nothing of it changes any more."""


class TooFewAttended(errors.Conflict):
    """Say who attended first: a meeting has at least two people."""


class ReviewsMissing(errors.Conflict):
    """What earlier meetings agreed on is reviewed before this one ends: build the agenda, look at `count` projects."""


class ItemDecided(errors.Conflict):
    """This point became a project already."""


class ItemHasCase(errors.Conflict):
    """This point is linked to a matter already."""


class NoProjectToReview(errors.Conflict):
    """This point reviews no earlier project."""


class SamePerson(errors.Invalid):
    """Who does it and who watches are two people."""


class DueOutOfBounds(errors.Invalid):
    """A project is due from today on within two years."""


class ProjectOver(errors.Conflict):
    """The project was done or dropped."""


class OneSided(errors.Invalid):
    """A dispute has at least one applicant and one respondent."""


class DisputeOver(errors.Conflict):
    """Mediation of this dispute has ended."""


class DisputeOpen(errors.Conflict):
    """The matter's dispute is being mediated already."""


class SessionOver(errors.Conflict):
    """The session was held or cancelled."""


class NoSessionHeld(errors.Conflict):
    """Hold a session first: nothing was agreed on, or failed, before the parties were heard."""


class UnknownPeople(errors.Invalid):
    """Only people who work in the area can be named here; each who does not is pointed at."""


class OrderKnown(errors.Conflict):
    """The hotline's order of this number was filed already; `number` is the matter, where you may see it."""


class NothingToSeat(errors.Conflict):
    """These mediators and departments sit at the desk already."""
