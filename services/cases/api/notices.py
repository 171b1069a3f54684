"""The notice board 民情告示栏: written by officers, read by everybody, without personal data."""

from typing import Any

from services.cases.domain import errors
from services.cases.domain import notices as domain
from services.cases.domain.notices import Notice
from services.cases.schemas import notices as schemas
from services.cases.store import matters
from services.cases.store import notices as store
from shared import auth, clock, db, http, ids
from shared.auth import Role
from shared.bus import outbox
from shared.errors import NotFound
from shared.http import Page, Request, get, post, put

OFFICERS = frozenset({Role.COMMUNITY_OFFICER, Role.CALLER, Role.SUPERVISOR})
_WORDS = (errors.PersonalData, errors.ReportersWords)


class NoticesApi:
    """Matters of general concern and their progress."""

    @get("/cases/notices", roles=auth.PUBLIC, query=schemas.BoardQuery, answers=schemas.NoticeView, page=True)
    def board(self, tx: db.Tx, request: Request, /) -> Page:
        """Read the notice board of an area: its own notices, and those of the areas in and around it."""
        cursor, query = request.cursor(length=2), request.query
        rows = store.board(
            tx,
            area=query["area"],
            is_ended=query["ended"],
            before=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["published_at"]), str(row["notice_id"])],
        )

    @get("/cases/notices/<uuid:notice_id>", roles=auth.PUBLIC, answers=schemas.NoticeView)
    def read_notice(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Read one notice; a draft is read by officers of its area only."""
        scopes = [] if request.is_anonymous else matters.of_areas(request.actor).scopes
        return store.view(tx, notice_id, scopes=scopes)

    @get(
        "/cases/notices/own",
        roles=OFFICERS,
        query=schemas.NoticeFilter,
        answers=schemas.NoticeView,
        page=True,
    )
    def own_notices(self, tx: db.Tx, request: Request, /) -> Page:
        """List the notices of one's areas, drafts too, oldest first."""
        cursor, query = request.cursor(length=2), request.query
        rows = store.listed(
            tx,
            scopes=matters.within(query["area"], request.actor.scopes),
            state=query["state"],
            after=[str(value) for value in cursor] if cursor else None,
            most=request.limit + 1,
        )
        return http.page(
            rows,
            limit=request.limit,
            key=lambda row: [clock.rfc3339(row["written_at"]), str(row["notice_id"])],
        )

    @post(
        "/cases/notices",
        roles=OFFICERS,
        body=schemas.Notice,
        answers=schemas.NoticeView,
        status=201,
        errors=_WORDS,
    )
    def write_notice(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Write a draft in one's own words: no personal data, and nothing of what the reporter wrote."""
        body = request.body
        if not request.actor.sees(body["area"]):
            raise NotFound()
        case_words, case_id = "", None
        if body["case_id"] is not None:
            case, _ = matters.lock(tx, str(body["case_id"]), matters.of_areas(request.actor))
            case_words, case_id = f"{case.words} {case.address}", case.case_id
        domain.check_words(body["title"], body["words"], case_words=case_words)
        notice = Notice(
            notice_id=ids.new(),
            area=body["area"],
            title=body["title"],
            words=body["words"],
            state="draft",
            case_id=case_id,
            written_by=request.actor.person_id,
            written_at=db.now(tx),
        )
        store.add(tx, notice)
        return store.view(tx, notice.notice_id, scopes=request.actor.scopes)

    @put(
        "/cases/notices/<uuid:notice_id>",
        roles=OFFICERS,
        body=schemas.NoticeEdit,
        answers=schemas.NoticeView,
        if_match=True,
        errors=(errors.NotADraft, errors.NoticeOver, *_WORDS),
    )
    def edit_notice(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Write a draft anew."""
        held = store.lock(tx, notice_id, scopes=request.actor.scopes)
        request.match(held.notice.version)
        store.save(tx, domain.edit(held.notice, case_words=held.case_words, **request.body))
        return store.view(tx, notice_id, scopes=request.actor.scopes)

    @post(
        "/cases/notices/<uuid:notice_id>/publish",
        roles=OFFICERS,
        answers=schemas.NoticeView,
        errors=(errors.NotADraft, errors.NoticeOver, *_WORDS),
    )
    def publish_notice(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Put a draft on the board."""
        held = store.lock(tx, notice_id, scopes=request.actor.scopes)
        request.match(held.notice.version)
        notice, events = domain.publish(held.notice, case_words=held.case_words, at=held.at)
        store.save(tx, notice)
        outbox.add(tx, events)
        return store.view(tx, notice_id, scopes=request.actor.scopes)

    @post(
        "/cases/notices/<uuid:notice_id>/progress",
        roles=OFFICERS,
        body=schemas.Progress,
        answers=schemas.NoticeView,
        errors=(errors.NotPublished, errors.NoticeOver, *_WORDS),
    )
    def progress_notice(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Say how far the matter is."""
        held = store.lock(tx, notice_id, scopes=request.actor.scopes)
        request.match(held.notice.version)
        words = request.body["words"]
        notice, events = domain.progress(held.notice, words=words, case_words=held.case_words, at=held.at)
        store.save(tx, notice)
        store.add_progress(tx, notice_id, words=words, by=request.actor.person_id, at=held.at)
        outbox.add(tx, events)
        return store.view(tx, notice_id, scopes=request.actor.scopes)

    @post(
        "/cases/notices/<uuid:notice_id>/end",
        roles=OFFICERS,
        body=schemas.Ending,
        answers=schemas.NoticeView,
        errors=(errors.NoticeOver,),
    )
    def end_notice(self, tx: db.Tx, request: Request, /, notice_id: str) -> dict[str, Any]:
        """Take a notice from the board, or throw a draft away.

        It stays readable among the past ones unless `hide` takes it from everybody's sight, also later.
        """
        held = store.lock(tx, notice_id, scopes=request.actor.scopes)
        request.match(held.notice.version)
        notice, events = domain.end(held.notice, at=held.at, hide=request.body["hide"])
        store.save(tx, notice)
        outbox.add(tx, events)
        return store.view(tx, notice_id, scopes=request.actor.scopes)
