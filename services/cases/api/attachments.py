"""Photos and documents of a matter: attach, list, open, remove."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from services.cases import attaching
from services.cases.api.matters import DECIDERS
from services.cases.domain import attachments as domain
from services.cases.domain import errors, media
from services.cases.domain.attachments import Attachment
from services.cases.domain.case import By
from services.cases.schemas import attachments as schemas
from services.cases.store import attachments as store
from services.cases.store import matters
from shared import auth, db, http, ids
from shared.auth import Role
from shared.http import Page, Request, get, post

SENT_AS = ("application/octet-stream", *media.BY_TYPE)
FILE_ERRORS = (
    errors.EmptyFile,
    errors.UnknownMedia,
    errors.MacrosInside,
    errors.BrokenPhoto,
    errors.TooManyPixels,
    errors.FileTooLarge,
    errors.EnoughAttached,
    errors.NotInThisState,
    db.AlreadyExists,
)
# A photo never changes, but who may see it does.
_KEEP_SECONDS = 300


class AttachmentsApi:
    """What a matter shows. Everybody who may read the matter may read these, and nobody else."""

    @post(
        "/cases/<uuid:case_id>/attachments",
        roles=auth.ANYONE - {Role.INTEGRATOR},
        query=schemas.NewAttachment,
        form=schemas.AttachmentForm,
        raw_body=SENT_AS,
        answers=schemas.AttachmentView,
        status=201,
        errors=FILE_ERRORS,
    )
    def attach(self, tx: db.Tx, request: Request, /, case_id: str) -> dict[str, Any]:
        """Attach a photo or document to a matter.

        Send the file as the whole body, or in a multipart form as `file`. What it is, is told from its bytes. A photo
        is kept without the camera's notes (place, time, device) and at most 2,560 pixels long. With an
        `attachment_id` of the client's, the same file sent again is one attachment.
        """
        given = request.body or request.query
        attachment_id = str(given["attachment_id"] or request.query["attachment_id"] or ids.new())
        view = matters.view(tx, case_id, request.actor)
        before = store.sent_before(tx, case_id, attachment_id, by=request.actor.person_id)
        if before is not None:
            return _view(before, view)
        sent: http.Sent | None = given.get("file")
        content = request.raw_body if sent is None else sent.content
        name = given["name"] or (sent.name if sent else "") or request.query["name"]
        domain.require_room(store.held(tx, case_id))
        ready = attaching.prepared(content, limit_bytes=request.runtime.config.files.limit_bytes)
        with attaching.kept_if_done(ready, at=db.now(tx)) as key:
            case, at = matters.lock(tx, case_id, matters.seen(request.actor))
            by = _by(request.actor, is_reporter=case.reporter_id == request.actor.person_id)
            attachment = described(
                ready, attachment_id=attachment_id, case_id=case_id, name=name, stored_as=key, by=by, at=at
            )
            change = domain.attach(case, attachment, held=store.held(tx, case_id), by=by)
            with db.together(tx):
                store.insert(tx, attachment)
                matters.save(tx, change)
        request.answer_headers["Location"] = f"/api/cases/{case_id}/attachments/{attachment_id}"
        return _view(attachment, view)

    @get(
        "/cases/<uuid:case_id>/attachments",
        roles=auth.ANYONE,
        answers=schemas.AttachmentView,
        page=True,
    )
    def list_attachments(self, tx: db.Tx, request: Request, /, case_id: str) -> Page:
        """List what is attached to a matter, in the order it came; of what was removed only the note remains."""
        view = matters.view(tx, case_id, request.actor)
        return Page(items=[_view(attachment, view) for attachment in store.of_case(tx, case_id)])

    @get(
        "/cases/<uuid:case_id>/attachments/<uuid:attachment_id>",
        roles=auth.ANYONE,
        media_type=tuple(media.BY_TYPE),
    )
    def read_attachment(self, tx: db.Tx, request: Request, /, case_id: str, attachment_id: str) -> http.Raw:
        """Open a photo or document."""
        view = matters.view(tx, case_id, request.actor)
        attachment = _there(store.find(tx, case_id, attachment_id))
        return http.Raw(
            body=attaching.content_of(attachment.stored_as),
            content_type=attachment.media_type,
            headers=_headers(_view(attachment, view)),
        )

    @get(
        "/cases/<uuid:case_id>/attachments/<uuid:attachment_id>/thumbnail",
        roles=auth.ANYONE,
        media_type=media.JPEG.media_type,
    )
    def read_thumbnail(self, tx: db.Tx, request: Request, /, case_id: str, attachment_id: str) -> http.Raw:
        """Open the small picture of a photo, at most 360 pixels long; documents have none."""
        matters.view(tx, case_id, request.actor)
        attachment = _there(store.find(tx, case_id, attachment_id))
        if attachment.kind is not media.Kind.PHOTO:
            raise http.NotYours()
        return http.Raw(
            body=attaching.small_of(attachment.stored_as),
            content_type=media.JPEG.media_type,
            headers=SAFE_HEADERS,
        )

    @post(
        "/cases/<uuid:case_id>/attachments/<uuid:attachment_id>/remove",
        roles=auth.ANYONE - {Role.INTEGRATOR},
        body=schemas.Removal,
        answers=schemas.AttachmentView,
        errors=(errors.NotYourAttachment,),
    )
    def remove_attachment(
        self, tx: db.Tx, request: Request, /, case_id: str, attachment_id: str
    ) -> dict[str, Any]:
        """Remove a photo or document for good, with the reason; the timeline keeps that it was there.

        Whoever attached it may, and who decides for the matter's area.
        """
        case, at = matters.lock(tx, case_id, matters.seen(request.actor))
        attachment = store.find(tx, case_id, attachment_id)
        view = matters.view(tx, case_id, request.actor)
        if attachment.removed_at is not None:
            return _view(attachment, view)
        removed, change = domain.remove(
            case,
            attachment,
            reason=request.body["reason"],
            decides=request.actor.has(*DECIDERS) and request.actor.sees(case.area),
            by=_by(request.actor, is_reporter=case.reporter_id == request.actor.person_id),
            at=at,
        )
        with db.together(tx):
            store.remove(tx, removed)
            matters.save(tx, change)
        return _view(removed, view)


# A file somebody sent must never run as a page of ours.
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": f"private, max-age={_KEEP_SECONDS}",
}


def described(
    ready: attaching.Ready, *, attachment_id: str, case_id: str, name: str, stored_as: str, by: By, at: Any
) -> Attachment:
    """The attachment of a file that is in the store now."""
    return Attachment(
        attachment_id=attachment_id,
        case_id=case_id,
        kind=ready.kind.kind,
        media_type=ready.kind.media_type,
        name=attaching.plain_name(name),
        size_bytes=len(ready.content),
        width=ready.width,
        height=ready.height,
        sha256=ready.sha256,
        received_sha256=ready.received_sha256,
        stored_as=stored_as,
        attached_by=by.person_id,
        attached_as=by.role,
        attached_at=at,
    )


def _there(attachment: Attachment) -> Attachment:
    if attachment.removed_at is not None:
        raise http.NotYours()
    return attachment


def _headers(view: Mapping[str, Any]) -> dict[str, str]:
    """A photo is shown, a document is kept; with its name, or where it has none with its number."""
    kind = media.BY_TYPE[view["media_type"]]
    name = view["name"] or f"{view['attachment_id']}.{kind.ending}"
    how = "inline" if kind.kind is media.Kind.PHOTO else "attachment"
    return {**SAFE_HEADERS, "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}"}


def _view(attachment: Attachment, case: Mapping[str, Any]) -> dict[str, Any]:
    """The attachment as this caller may see it: a confidential reporter is nobody here too."""
    shown: dict[str, Any] = {
        **vars(attachment),
        "sha256": attachment.sha256.hex(),
        "received_sha256": attachment.received_sha256.hex(),
    }
    hidden = case["hidden_id"]
    if hidden is not None and attachment.attached_by == str(hidden):
        # People name files after themselves.
        shown |= {"attached_by": None, "name": ""}
    if hidden is not None and attachment.removed_by == str(hidden):
        shown["removed_by"] = None
    return shown


def _by(actor: auth.Actor, *, is_reporter: bool) -> By:
    """The caller as who they are to the matter: its reporter, or the weightiest of their roles as staff."""
    if is_reporter:
        return By(person_id=actor.person_id, role=Role.RESIDENT)
    staff = auth.STAFF | {Role.PROPERTY}
    role = next((role for role in reversed(Role) if role in staff and role in actor.roles), Role.RESIDENT)
    return By(person_id=actor.person_id, role=role)
