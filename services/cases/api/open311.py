"""Open311 GeoReport v2 at `/open311/v2/`: any client of the standard reports here and follows what it reported."""

import re
from collections.abc import Mapping
from typing import Any

from services.cases import attaching, georeport, open311_media
from services.cases.api import attachments, open311_shown, reporting
from services.cases.domain import attachments as attachment_rules
from services.cases.domain import errors
from services.cases.domain import open311 as domain
from services.cases.domain.case import By, Case, Change
from services.cases.domain.open311 import Jurisdiction, Key
from services.cases.places import Grid
from services.cases.schemas import open311 as schemas
from services.cases.store import attachments as attachment_store
from services.cases.store import matters
from services.cases.store import open311 as store
from services.cases.store.sql import queries
from shared import auth, db, http, ids
from shared import errors as kinds
from shared.auth import Role
from shared.contracts.cases import Place
from shared.http import Raw, Request, get, network, post

# The form an answer is asked in ends its address.
FORM = "<any(json,xml):form>"
_TOLD = {"roles": auth.PUBLIC, "media_type": georeport.MEDIA_TYPES, "refusals": georeport.REFUSALS}
_READ_ERRORS = (domain.JurisdictionUnknown, domain.JurisdictionMissing, domain.KeyInvalid)
_POST_ERRORS = (
    *_READ_ERRORS,
    *attachments.FILE_ERRORS,
    domain.KeyMissing,
    domain.ServiceUnknown,
    domain.OutsideJurisdiction,
    domain.PlaceMissing,
    domain.AddressUnknown,
    domain.AnswersWrong,
    errors.OutsideEveryGrid,
    kinds.TooLarge,
    kinds.Unsupported,
)
# How far back pages are counted.
MOST_SKIPPED = 50_000
# Reports a minute without a key: of one network, and of all together.
ANONYMOUS_POSTS = 10
ALL_ANONYMOUS_POSTS = 120

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_pace = network.Pace(per_second=10, at_once=200)


class Open311Api:
    """GeoReport v2. What is shown of a matter is decided by its jurisdiction; to whoever posted it, all."""

    @get(
        f"/open311/discovery.{FORM}",
        answers=schemas.Discovery,
        query=schemas.Caller,
        errors=_READ_ERRORS,
        **_TOLD,
    )
    def open311_discovery(self, tx: db.Tx, request: Request, /, form: str) -> Raw:
        """Where the service is and since when it is as it is (Open311 Service Discovery)."""
        return open311_shown.discovered(tx, request, form, _discovered(tx, request))

    @get(
        f"/open311/v2/discovery.{FORM}",
        answers=schemas.Discovery,
        query=schemas.Caller,
        errors=_READ_ERRORS,
        **_TOLD,
    )
    def open311_discovery_beside(self, tx: db.Tx, request: Request, /, form: str) -> Raw:
        """The same, where clients look that know only the address of the service."""
        return open311_shown.discovered(tx, request, form, _discovered(tx, request))

    @get(
        f"/open311/v2/services.{FORM}",
        answers=schemas.OfferedService,
        many=True,
        query=schemas.Caller,
        errors=_READ_ERRORS,
        **_TOLD,
    )
    def open311_services(self, tx: db.Tx, request: Request, /, form: str) -> Raw:
        """List what may be reported: the matter catalogue."""
        _guarded(tx, request)
        rows = [open311_shown.service(row) for row in queries.open311_services(tx)]
        return georeport.written(form, "services", schemas.OfferedService().dump(rows, many=True))

    @get(
        f"/open311/v2/services/<string:code>.{FORM}",
        answers=schemas.ServiceDefinition,
        query=schemas.Caller,
        errors=(*_READ_ERRORS, domain.ServiceUnknown),
        **_TOLD,
    )
    def open311_service(self, tx: db.Tx, request: Request, /, code: str, form: str) -> Raw:
        """What is asked of whoever reports a matter, beside the words."""
        _guarded(tx, request)
        row = queries.open311_service(tx, code=code)
        if row is None:
            raise domain.ServiceUnknown(service_code=code)
        attributes = [{**asked, "order": order} for order, asked in enumerate(row["questions"], 1)]
        shown = schemas.ServiceDefinition().dump({"service_code": code, "attributes": attributes})
        return georeport.written(form, "service_definition", shown)

    @post(
        f"/open311/v2/requests.{FORM}",
        answers=schemas.PostedView,
        many=True,
        query=schemas.Caller,
        form=schemas.NewRequest,
        errors=_POST_ERRORS,
        **_TOLD,
    )
    def open311_post_request(self, tx: db.Tx, request: Request, /, form: str) -> Raw:
        """Report a matter.

        A form, urlencoded as the standard says, or multipart with photos as `media`. Needs an `api_key` unless the
        jurisdiction takes reports without one. Name and phone are kept encrypted, everything else about the person is
        not kept.
        """
        # Clients put key and jurisdiction into the address or into the form.
        body = {**request.body, **{name: value for name, value in request.query.items() if value is not None}}
        served, caller = _served(tx, request, body)
        _allow_post(tx, request, served, caller)
        service = _service_asked(tx, body["service_code"])
        asked = [domain.question_of(row) for row in service["questions"]]
        answers = domain.answered(asked, _attributes(request.body))
        place = _place(tx, body)
        grid = reporting.places.locate(tx, place)
        _within(grid, served, caller)
        words = domain.words_of(
            body["description"] or service["name"], asked, answers, media=body["media_url"]
        )
        case = _filed(tx, _actor(served, caller), body, words=words, place=place, grid=grid)
        store.insert(
            tx,
            case.case_id,
            key_id=case.first_inquiry_by,
            filed_at=case.reported_at,
            media_url=next(iter(body["media_url"]), None),
            answers=answers,
        )
        _attach(tx, request, case, body["media"])
        posted = [
            {
                "service_request_id": case.number,
                "service_notice": open311_shown.notice_of(service),
                "account_id": None,
            }
        ]
        return georeport.written(form, "service_requests", schemas.PostedView().dump(posted, many=True))

    @get(
        f"/open311/v2/requests.{FORM}",
        answers=schemas.RequestView,
        many=True,
        query=schemas.RequestFilter,
        errors=(*_READ_ERRORS, domain.SpanTooLong, domain.PageTooFar),
        **_TOLD,
    )
    def open311_requests(self, tx: db.Tx, request: Request, /, form: str) -> Raw:
        """List requests, newest first: what was posted with the `api_key`, and what the jurisdiction publishes.

        At most 90 days, by default the last, and 1,000 requests; `page` and `page_size` go on from there, and
        `updated_after` and `updated_before` leave only those that changed in that time.
        """
        served, caller = _guarded(tx, request)
        wanted = request.query
        if wanted["service_request_id"]:
            rows = store.named(tx, served, caller, wanted["service_request_id"])
        else:
            most = min(wanted["page_size"], domain.MOST_REQUESTS)
            skipped = (wanted["page"] - 1) * most
            if skipped > MOST_SKIPPED:
                raise domain.PageTooFar()
            since, until = domain.span(wanted["start_date"], wanted["end_date"], now=db.now(tx))
            rows = store.found(
                tx,
                served,
                caller,
                categories=wanted["service_code"],
                states=domain.states_of(wanted["status"]),
                since=since,
                until=until,
                updated_after=wanted["updated_after"],
                updated_before=wanted["updated_before"],
                most=most,
                skipped=skipped,
            )
        return open311_shown.listed(tx, request, form, served, rows)

    @get(
        f"/open311/v2/requests/<string:number>.{FORM}",
        answers=schemas.RequestView,
        many=True,
        query=schemas.Caller,
        errors=(*_READ_ERRORS, domain.RequestUnknown),
        **_TOLD,
    )
    def open311_request(self, tx: db.Tx, request: Request, /, number: str, form: str) -> Raw:
        """Read one request by its number."""
        served, caller = _guarded(tx, request)
        rows = store.named(tx, served, caller, [number])
        if not rows:
            raise domain.RequestUnknown()
        return open311_shown.listed(tx, request, form, served, rows)

    @get(
        f"/open311/v2/tokens/<string:token>.{FORM}",
        answers=schemas.TokenView,
        many=True,
        query=schemas.Caller,
        errors=(*_READ_ERRORS, domain.RequestUnknown),
        **_TOLD,
    )
    def open311_token(self, tx: db.Tx, request: Request, /, token: str, form: str) -> Raw:
        """The number behind a token. Requests have their number at once; their token is the `case_id` of events."""
        served, caller = _guarded(tx, request)
        if not _UUID.fullmatch(token):
            raise domain.RequestUnknown()
        number = store.number_of(tx, served, caller, token)
        rows = [{"service_request_id": number, "token": token}]
        return georeport.written(form, "service_requests", schemas.TokenView().dump(rows, many=True))

    @get(
        "/open311/v2/media/<uuid:attachment_id>",
        roles=auth.PUBLIC,
        query=schemas.Capability,
        media_type="image/jpeg",
    )
    def open311_media(self, tx: db.Tx, request: Request, /, attachment_id: str) -> Raw:
        """A picture of a request, small, by the address in its `media_url`; valid for a week."""
        key = open311_media.stored_as(
            tx, attachment_id, expires=request.query["expires"], signature=request.query["signature"]
        )
        return Raw(body=attaching.small_of(key), content_type="image/jpeg", headers=attachments.SAFE_HEADERS)


# --- who asks


def _served(tx: db.Tx, request: Request, given: Mapping[str, Any]) -> tuple[Jurisdiction, Key | None]:
    """The jurisdiction asked for and whose key it is. Raises JurisdictionUnknown, KeyInvalid, TooMany."""
    if not _pace.allows(given["api_key"] or network.network_of(request.http)):
        raise kinds.TooMany()
    return store.jurisdiction(tx, given["jurisdiction_id"]), store.key(tx, given["api_key"])


def _guarded(tx: db.Tx, request: Request) -> tuple[Jurisdiction, Key | None]:
    return _served(tx, request, request.query)


def _discovered(tx: db.Tx, request: Request) -> Jurisdiction:
    """Of several jurisdictions none need be named to find the service of all."""
    try:
        return _guarded(tx, request)[0]
    except domain.JurisdictionMissing:
        return Jurisdiction()


def _allow_post(tx: db.Tx, request: Request, served: Jurisdiction, caller: Key | None) -> None:
    """Raises KeyMissing, or TooMany where somebody posts faster than a person or the key's system would."""
    if caller is not None:
        limits = {f"key {caller.key_id}": caller.posts_per_minute}
    elif served.takes_anonymous:
        limits = {
            f"network {network.network_of(request.http)}": ANONYMOUS_POSTS,
            f"without key {served.jurisdiction_id}": ALL_ANONYMOUS_POSTS,
        }
    else:
        raise domain.KeyMissing()
    for who, most in limits.items():
        if store.counted(tx, who) > most:
            raise kinds.TooMany(retry_after_seconds=60)


def _actor(served: Jurisdiction, caller: Key | None) -> auth.Actor:
    """Whoever posts, as the record knows them: the key, or the jurisdiction's door without one."""
    person_id = caller.key_id if caller else served.anonymous_id
    assert person_id is not None
    areas = caller.areas if caller else (served.area,)
    return auth.Actor(person_id=person_id, roles=frozenset({Role.INTEGRATOR}), areas=areas)


# --- what is posted


def _service_asked(tx: db.Tx, code: str | None) -> dict[str, Any]:
    if code is None:
        raise kinds.invalid("/service_code", "missing", "Give a service_code.")
    service: dict[str, Any] | None = queries.open311_service(tx, code=code)
    if service is None:
        raise domain.ServiceUnknown(service_code=code)
    return service


def _attributes(body: Mapping[str, Any]) -> dict[str, list[str]]:
    """`attribute[CODE]`, and of several values also `attribute[CODE][]`."""
    found: dict[str, list[str]] = {}
    for name, values in body.items():
        if name.startswith("attribute[") and isinstance(values, list):
            code = name.removeprefix("attribute[").removesuffix("[]").removesuffix("]")
            found.setdefault(code, []).extend(value for value in values if isinstance(value, str))
    return found


def _place(tx: db.Tx, body: Mapping[str, Any]) -> Place:
    """The point meant: lat and long, or inside the grid an address names. Raises PlaceMissing, AddressUnknown."""
    if body["lat"] is not None and body["long"] is not None:
        return Place(longitude=body["long"], latitude=body["lat"])
    if not (body["address_id"] or body["address_string"]):
        raise domain.PlaceMissing()
    found = reporting.places.middle_of(tx, body["address_id"]) if body["address_id"] else None
    found = found or reporting.places.named(tx, body["address_string"])
    if found is None:
        raise domain.AddressUnknown()
    return found


def _within(grid: Grid, served: Jurisdiction, caller: Key | None) -> None:
    scopes = (served.area,) if caller is None else caller.areas
    if not grid.code.startswith(served.area) or not grid.code.startswith(tuple(scopes)):
        raise domain.OutsideJurisdiction()


def _filed(
    tx: db.Tx, actor: auth.Actor, body: Mapping[str, Any], *, words: str, place: Place, grid: Grid
) -> Case:
    name = f"{body['last_name']}{body['first_name']}"
    report = {
        "words": words,
        "place": vars(place),
        "address": body["address_string"],
        "category": body["service_code"],
        "channel": "open311",
        "urgency": None,
        "is_confidential": False,
        "caller": {"name": name or None, "phone": body["phone"]} if name or body["phone"] else None,
        "origin": None,
        "outside_number": None,
        "settled": None,
    }
    filing = matters.filing(tx, grid=grid.code, category=body["service_code"])
    return reporting.file(tx, actor, report, ids.new(), grid, filing).case


def _attach(tx: db.Tx, request: Request, case: Case, sent: list[http.Sent]) -> None:
    """The photos of a multipart form become attachments of the matter."""
    by = By(person_id=case.first_inquiry_by, role=Role.INTEGRATOR)
    for one in sent:
        ready = attaching.prepared(one.content, limit_bytes=request.runtime.config.files.limit_bytes)
        attachment = attachments.described(
            ready,
            attachment_id=ids.new(),
            case_id=case.case_id,
            name=one.name,
            stored_as=attaching.kept(ready, at=case.reported_at),
            by=by,
            at=db.now(tx),
        )
        change: Change = attachment_rules.attach(
            case, attachment, held=attachment_store.held(tx, case.case_id), by=by
        )
        attachment_store.insert(tx, attachment)
        (saved,) = matters.save(tx, change)
        case = saved.case
