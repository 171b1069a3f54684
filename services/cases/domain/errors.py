"""What can be wrong about a step of a matter."""

from shared import errors


class NotInThisState(errors.Conflict):
    """The matter is not in a state that allows this; read it again to see what is possible now."""


class OutsideEveryGrid(errors.Invalid):
    """The place lies in no grid of this deployment."""


class UnknownCategory(errors.Invalid):
    """The catalogue has no such matter, or it is no longer in use."""


class UnknownDepartment(errors.Invalid):
    """A department called does not exist, is closed, or does not serve this area."""


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
