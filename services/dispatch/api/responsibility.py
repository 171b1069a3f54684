"""The responsibility list: read by all staff, edited by admins of its area, asked whom to whistle."""

import re
from typing import Any

from services.dispatch.domain import listfile
from services.dispatch.domain import responsibility as domain
from services.dispatch.domain.responsibility import Called, Item, ResponsibilityList
from services.dispatch.schemas import responsibility as schemas
from services.dispatch.store import responsibility as store
from services.dispatch.store.sql import queries
from shared import areas, auth, db, errors, http
from shared.auth import Role
from shared.http import Page, Raw, Request, delete, get, patch, post, put

ADMINS = frozenset({Role.ADMIN})
DECIDERS = frozenset({Role.ADMIN, Role.SUPERVISOR})
CSV = "text/csv; charset=utf-8"
_DRAFT = (domain.NotADraft,)


class OutsideYourAreas(errors.Forbidden):
    """This area is not one of yours."""


class TooNarrow(errors.Invalid):
    """A list belongs to a city or a district."""


class ResponsibilityApi:
    """Which unit answers for what."""

    @get(
        "/dispatch/responsibility/proposal",
        roles=auth.STAFF,
        query=schemas.Ask,
        answers=schemas.ProposalView,
    )
    def propose_call(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Ask whom to whistle for a matter in an area: main and supporting departments, with item and ground.

        What the list does not cover goes to the district as unit of last resort 兜底, and the answer says so.
        """
        of, made = store.proposal(tx, **request.query)
        return proposal_view(of, made)

    @get(
        "/dispatch/responsibility/in-force",
        roles=auth.STAFF,
        query=schemas.AreaQuery,
        answers=schemas.ListView,
    )
    def read_list_in_force(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Read which version of the list is in force for an area today."""
        found = store.in_force(tx, request.query["area"])
        return store.view(tx, found.list_id, request.actor)

    @get(
        "/dispatch/responsibility/lists",
        roles=auth.STAFF,
        query=schemas.ListFilter,
        answers=schemas.ListView,
        page=True,
    )
    def list_lists(self, tx: db.Tx, request: Request, /) -> Page:
        """List the versions of responsibility lists, newest first per area; drafts to the admins of their area."""
        cursor = request.cursor(length=2)
        before = [str(cursor[0]), http.whole_number(cursor[1])] if cursor else None
        rows = store.listed(
            tx, request.actor, area=request.query["area"], before=before, most=request.limit + 1
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["area"], row["number"]])

    @post(
        "/dispatch/responsibility/lists",
        roles=ADMINS,
        body=schemas.MakeDraft,
        answers=schemas.ListView,
        status=201,
        errors=(OutsideYourAreas, TooNarrow, domain.DraftExists),
    )
    def make_draft(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Make the draft of an area's next version, from the list in force there."""
        area = request.body["area"]
        if not request.actor.sees(area):
            raise OutsideYourAreas()
        if areas.level(area) not in (areas.Level.CITY, areas.Level.DISTRICT):
            raise TooNarrow()
        copy_of = store.in_force(tx, area) if request.body["copies"] else None
        list_id = store.insert_draft(tx, area, copy_of=copy_of, by=request.actor.person_id)
        request.answer_headers["Location"] = f"/api/dispatch/responsibility/lists/{list_id}"
        return store.view(tx, list_id, request.actor)

    @get("/dispatch/responsibility/lists/<uuid:list_id>", roles=auth.STAFF, answers=schemas.ListView)
    def read_list(self, tx: db.Tx, request: Request, /, list_id: str) -> dict[str, Any]:
        """Read one version of a list, without its items."""
        return store.view(tx, list_id, request.actor)

    @patch(
        "/dispatch/responsibility/lists/<uuid:list_id>",
        roles=ADMINS,
        body=schemas.ChangeDraft,
        answers=schemas.ListView,
        errors=_DRAFT,
    )
    def change_draft(self, tx: db.Tx, request: Request, /, list_id: str) -> dict[str, Any]:
        """Change who takes what no item covers."""
        draft = _locked(tx, request, list_id)
        store.save(tx, domain.with_last_resort(draft, request.body["last_resort"]))
        return store.view(tx, list_id, request.actor)

    @delete("/dispatch/responsibility/lists/<uuid:list_id>", roles=ADMINS, errors=_DRAFT)
    def drop_draft(self, tx: db.Tx, request: Request, /, list_id: str) -> None:
        """Give a draft up; published versions stay for good."""
        domain.edited(_locked(tx, request, list_id))
        queries.drop_draft(tx, list_id=list_id)

    @post(
        "/dispatch/responsibility/lists/<uuid:list_id>/publish",
        roles=ADMINS,
        body=schemas.Publish,
        answers=schemas.ListView,
        if_match=True,
        errors=(*_DRAFT, domain.EmptyList, domain.EffectiveTooEarly),
    )
    def publish(self, tx: db.Tx, request: Request, /, list_id: str) -> dict[str, Any]:
        """Bring a draft into force from a day on; orders under way keep the ground they were called on."""
        draft = _locked(tx, request, list_id)
        published = domain.publish(
            draft,
            effective_on=request.body["effective_on"],
            today=store.today(),
            latest=queries.latest_effective(tx, area=draft.area),
            items=queries.count_items(tx, list_id=list_id),
        )
        store.save(tx, published, published_by=request.actor.person_id)
        return store.view(tx, list_id, request.actor)

    @get(
        "/dispatch/responsibility/lists/<uuid:list_id>/items",
        roles=auth.STAFF,
        query=schemas.ItemFilter,
        answers=schemas.ItemView,
        page=True,
    )
    def list_items(self, tx: db.Tx, request: Request, /, list_id: str) -> Page:
        """List the items of a version, by code."""
        store.view(tx, list_id, request.actor)
        cursor = request.cursor(length=1)
        query = request.query
        rows = queries.list_items(
            tx,
            list_id=list_id,
            main=query["main"],
            theme=query["theme"],
            text=query["text"],
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["code"]])

    @put(
        "/dispatch/responsibility/lists/<uuid:list_id>/items/<string(maxlength=30):code>",
        roles=ADMINS,
        body=schemas.ItemBody,
        answers=schemas.ItemView,
        errors=(*_DRAFT, domain.TooManyItems),
    )
    def put_item(self, tx: db.Tx, request: Request, /, list_id: str, code: str) -> Item:
        """Add an item to a draft, or change it."""
        draft = _locked(tx, request, list_id)
        item = _item(code, request.body)
        _put(tx, draft, item)
        return item

    @delete(
        "/dispatch/responsibility/lists/<uuid:list_id>/items/<string(maxlength=30):code>",
        roles=ADMINS,
        errors=_DRAFT,
    )
    def drop_item(self, tx: db.Tx, request: Request, /, list_id: str, code: str) -> None:
        """Take an item out of a draft."""
        draft = domain.edited(_locked(tx, request, list_id))
        if not re.match(listfile.CODE_PATTERN, code) or not queries.drop_item(tx, list_id=list_id, code=code):
            raise errors.NotFound()
        store.save(tx, draft)

    @get(
        "/dispatch/responsibility/lists/<uuid:list_id>/file",
        roles=auth.STAFF,
        media_type="text/csv",
    )
    def export_list(self, tx: db.Tx, request: Request, /, list_id: str) -> Raw:
        """Export a version as CSV, as the import takes it back."""
        found = store.view(tx, list_id, request.actor)
        name = f"responsibility-{found['area'] or 'delivered'}-{found['number']}.csv"
        return Raw(
            # With the mark that makes spreadsheets read it as UTF-8.
            body=("\ufeff" + listfile.written(store.items_of(tx, list_id))).encode(),
            content_type=CSV,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @put(
        "/dispatch/responsibility/lists/<uuid:list_id>/file",
        roles=ADMINS,
        answers=schemas.ListView,
        raw_body="text/csv",
        errors=(*_DRAFT, listfile.RowsWrong),
    )
    def import_list(self, tx: db.Tx, request: Request, /, list_id: str) -> dict[str, Any]:
        """Replace the items of a draft by those of a CSV file; one wrong row and nothing is changed."""
        changed = domain.edited(_locked(tx, request, list_id))
        items = listfile.read(_text(request.raw_body))
        with db.together(tx):
            queries.clear_items(tx, list_id=list_id)
            store.put_items(tx, list_id, items)
            store.save(tx, changed)
        return store.view(tx, list_id, request.actor)

    @get(
        "/dispatch/responsibility/amendments",
        roles=DECIDERS,
        query=schemas.AmendmentFilter,
        answers=schemas.AmendmentView,
        page=True,
    )
    def list_amendments(self, tx: db.Tx, request: Request, /) -> Page:
        """List what rulings propose for the list's next version, newest first."""
        cursor = request.cursor(length=1)
        rows = queries.list_amendments(
            tx,
            scopes=request.actor.scopes,
            state=request.query["state"],
            before=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(rows, limit=request.limit, key=lambda row: [str(row["amendment_id"])])

    @post(
        "/dispatch/responsibility/amendments/<uuid:amendment_id>/accept",
        roles=ADMINS,
        body=schemas.Accept,
        answers=schemas.AmendmentView,
        errors=(domain.DecidedAlready, domain.NoDraft, domain.TooManyItems),
    )
    def accept_amendment(self, tx: db.Tx, request: Request, /, amendment_id: str) -> dict[str, Any]:
        """Accept a proposal: the item goes into the draft of its district, or else of its city."""
        found = store.lock_amendment(tx, amendment_id, request.actor)
        body = dict(request.body)
        draft = store.draft_of(tx, found["area"])
        if not request.actor.sees(draft.area):
            raise domain.NoDraft(area=found["area"][:6])
        _put(tx, draft, _item(body.pop("code"), body))
        return _decided(tx, request, amendment_id, "accepted", words=None, list_id=draft.list_id)

    @post(
        "/dispatch/responsibility/amendments/<uuid:amendment_id>/reject",
        roles=ADMINS,
        body=schemas.Reject,
        answers=schemas.AmendmentView,
        errors=(domain.DecidedAlready,),
    )
    def reject_amendment(self, tx: db.Tx, request: Request, /, amendment_id: str) -> dict[str, Any]:
        """Leave the list as it is, with the reason."""
        store.lock_amendment(tx, amendment_id, request.actor)
        return _decided(tx, request, amendment_id, "rejected", words=request.body["words"], list_id=None)


class NotText(errors.Malformed):
    """Send the file as UTF-8 text."""


def proposal_view(of: ResponsibilityList, made: domain.Proposal) -> dict[str, Any]:
    return {
        **vars(made),
        "list_id": of.list_id,
        "list_area": of.area,
        "list_number": of.number,
        "main": _called_view(made.main) if made.main else None,
        "supporting": [_called_view(one) for one in made.supporting],
    }


def _called_view(called: Called) -> dict[str, Any]:
    department = called.department
    return {
        "unit": called.unit,
        "label": called.label,
        "department_id": department.department_id if department else None,
        "department_name": department.name if department else None,
    }


def _locked(tx: db.Tx, request: Request, list_id: str) -> ResponsibilityList:
    found = store.lock(tx, list_id, request.actor)
    request.match(found.version)
    return found


def _put(tx: db.Tx, draft: ResponsibilityList, item: Item) -> None:
    changed = domain.edited(draft)
    store.put_items(tx, draft.list_id, [item])
    domain.check_size(queries.count_items(tx, list_id=draft.list_id))
    store.save(tx, changed)


def _item(code: str, body: dict[str, Any]) -> Item:
    if not re.match(listfile.CODE_PATTERN, code):
        raise errors.invalid("/code", "invalid", "Letters, digits, dots and dashes, at most 30.")
    return Item(
        **{
            **body,
            "code": code,
            "supporting": tuple(body["supporting"]),
            "categories": tuple(body["categories"]),
        }
    )


def _decided(
    tx: db.Tx, request: Request, amendment_id: str, state: str, *, words: str | None, list_id: str | None
) -> dict[str, Any]:
    rows = queries.decide_amendment(
        tx,
        amendment_id=amendment_id,
        state=state,
        decided_by=request.actor.person_id,
        words=words,
        list_id=list_id,
    )
    row: dict[str, Any] = rows[0]
    return row


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotText() from error
    if "\x00" in text:
        raise NotText()
    return text
