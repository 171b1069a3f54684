"""The matter catalogue 事项目录: read by everybody, edited by admins without a release."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from services.cases.domain import catalogue as domain
from services.cases.domain import catalogue_table, errors
from services.cases.domain.catalogue import Matter
from services.cases.domain.catalogue_table import Row
from services.cases.schemas import catalogue as schemas
from services.cases.store import catalogue as store
from services.cases.store.sql import queries
from shared import auth, clock, db, http
from shared.auth import Role
from shared.bus import outbox
from shared.errors import FieldError, Forbidden
from shared.http import Page, Request, get, post, put
from shared.http.endpoint import Raw

ADMINS = frozenset({Role.ADMIN})
_DISTRICT_DIGITS = 6
_MOST_WRONG_FIELDS = 500


class OutsideEveryArea(Forbidden):
    """The catalogue is edited by admins who answer for an area; this one answers for none."""


class CatalogueApi:
    """What may be reported."""

    @get(
        "/cases/catalogue",
        roles=auth.PUBLIC,
        query=schemas.CatalogueFilter,
        answers=schemas.MatterView,
        page=True,
    )
    def catalogue(self, tx: db.Tx, request: Request, /) -> Page:
        """List the matters people may report, by code."""
        cursor = request.cursor(length=1)
        filters = {name: value for name, value in request.query.items() if name not in ("cursor", "limit")}
        rows = queries.matters(
            tx, after=str(cursor[0]) if cursor else None, most=request.limit + 1, **filters
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["code"]])

    @get("/cases/catalogue/<string:code>", roles=auth.PUBLIC, answers=schemas.MatterView)
    def read_matter(self, tx: db.Tx, request: Request, /, code: str) -> Matter:
        """Read a matter as it is now, in use or retired."""
        return store.newest(tx, code)

    @get(
        "/cases/catalogue/<string:code>/versions",
        roles=auth.ANYONE,
        query=http.PageQuery,
        answers=schemas.MatterVersionView,
        page=True,
    )
    def list_matter_versions(self, tx: db.Tx, request: Request, /, code: str) -> Page:
        """List every version of a matter, newest first, with who made it."""
        cursor = request.cursor(length=1)
        rows = queries.versions_of_matter(
            tx, code=code, before=http.whole_number(cursor[0]) if cursor else None, most=request.limit + 1
        )
        return http.page(rows, limit=request.limit, key=lambda row: [row["version"]])

    @post(
        "/cases/catalogue",
        roles=ADMINS,
        body=schemas.NewMatter,
        answers=schemas.MatterView,
        status=201,
        errors=(OutsideEveryArea, db.AlreadyExists),
    )
    def add_matter(self, tx: db.Tx, request: Request, /) -> Matter:
        """Add a matter; people may report it from now on."""
        area = _served(request.actor)
        store.lock(tx)
        if request.body["code"] in store.all_newest(tx):
            raise db.AlreadyExists()
        matter = _matter(request.body)
        _revised(tx, request, domain.Revision(added=(matter,)), area)
        request.answer_headers["Location"] = f"/api/cases/catalogue/{matter.code}"
        return matter

    @put(
        "/cases/catalogue/<string:code>",
        roles=ADMINS,
        body=schemas.MatterEdit,
        answers=schemas.MatterView,
        if_match=True,
        errors=(OutsideEveryArea, errors.NothingChanged),
    )
    def change_matter(self, tx: db.Tx, request: Request, /, code: str) -> Matter:
        """Make the next version of a matter; a retired one is in use again.

        Matters filed before keep what they were filed under.
        """
        area = _served(request.actor)
        store.lock(tx)
        current = store.newest(tx, code)
        request.match(current.version)
        changed = domain.change(current, _as_tuples(request.body))
        _revised(tx, request, domain.Revision(changed=(changed,)), area)
        return changed

    @post(
        "/cases/catalogue/<string:code>/retire",
        roles=ADMINS,
        answers=schemas.MatterView,
        errors=(OutsideEveryArea, errors.NothingChanged),
    )
    def retire_matter(self, tx: db.Tx, request: Request, /, code: str) -> Matter:
        """Take a matter out of use: nobody may report it any more; what was reported is handled on."""
        area = _served(request.actor)
        store.lock(tx)
        current = store.newest(tx, code)
        request.match(current.version)
        retired = domain.retire(current)
        _revised(tx, request, domain.Revision(retired=(retired,)), area)
        return retired

    @get("/cases/catalogue/export", roles=auth.STAFF, media_type="text/csv")
    def export_catalogue(self, tx: db.Tx, request: Request, /) -> Raw:
        """Read the whole catalogue as a table (CSV, Chinese titles) that the import takes."""
        text = catalogue_table.write(store.all_newest(tx).values())
        day = f"{clock.now().astimezone(clock.BEIJING):%Y%m%d}"
        return Raw(
            # The mark at the beginning tells Excel that this is UTF-8.
            body=text.encode("utf-8-sig"),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="catalogue-{day}.csv"'},
        )

    @post(
        "/cases/catalogue/import",
        roles=ADMINS,
        query=schemas.ImportQuery,
        raw_body="text/csv",
        answers=schemas.RevisionView,
        errors=(OutsideEveryArea, errors.NotACatalogue, errors.WrongRows),
    )
    def import_catalogue(self, tx: db.Tx, request: Request, /) -> dict[str, Any]:
        """Take over a table as the export writes it, all of it or nothing.

        A row whose code is new adds a matter, one that differs makes its next version, `在用` 否 retires it; matters
        the table does not name stay. Where rows are wrong nothing is changed and the answer names each as a
        spreadsheet numbers it: the titles are row 1.
        """
        area = _served(request.actor)
        wanted = _checked(catalogue_table.read(_text(request.raw_body)))
        store.lock(tx)
        revision = domain.revise(store.all_newest(tx), wanted)
        if not request.query["dry_run"]:
            _revised(tx, request, revision, area)
        return {
            "added": [matter.code for matter in revision.added],
            "changed": [matter.code for matter in revision.changed],
            "retired": [matter.code for matter in revision.retired],
            "unchanged": revision.unchanged,
        }


def _served(actor: auth.Actor) -> str:
    """The district an admin edits the catalogue for. Raises OutsideEveryArea."""
    if not actor.scopes:
        raise OutsideEveryArea()
    return actor.scopes[0][:_DISTRICT_DIGITS]


def _revised(tx: db.Tx, request: Request, revision: domain.Revision, area: str) -> None:
    store.add_versions(tx, revision.matters, by=request.actor.person_id)
    outbox.add(tx, revision.events(area))


def _matter(fields: Mapping[str, Any]) -> Matter:
    return Matter(**_as_tuples(fields))


def _as_tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _text(raw: bytes) -> str:
    """The file as text: UTF-8, or what Excel saves as CSV on a Chinese machine."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise errors.NotACatalogue()


def _checked(rows: list[Row]) -> list[Matter]:
    """The matters of a table. Raises WrongRows that names every wrong cell by its row, as a spreadsheet numbers it
    (the titles are row 1), and its title."""
    schema = schemas.MatterRow()
    matters: list[Matter] = []
    wrong: list[FieldError] = []
    seen: dict[str, int] = {}
    for row in rows:
        if row.fault:
            wrong.append(FieldError(pointer=f"/rows/{row.number}", code="invalid", detail=row.fault))
            continue
        try:
            matter = _matter(schema.load(row.fields))
        except ValidationError as error:
            wrong += _wrong(row.number, error)
            continue
        if matter.code in seen:
            wrong.append(_field_error(row.number, "code", f"Row {seen[matter.code]} has this code already."))
        seen.setdefault(matter.code, row.number)
        matters.append(matter)
    if wrong:
        raise errors.WrongRows(fields=tuple(wrong[:_MOST_WRONG_FIELDS]))
    return matters


def _wrong(number: int, error: ValidationError) -> list[FieldError]:
    assert isinstance(error.messages, dict)
    return [_field_error(number, field, _sentence(said)) for field, said in error.messages.items()]


def _field_error(number: int, field: str, detail: str) -> FieldError:
    title = catalogue_table.COLUMNS.get(field, field)
    return FieldError(pointer=f"/rows/{number}/{title}", code="invalid", detail=detail)


def _sentence(said: Any) -> str:
    """What marshmallow says of one field: a list of sentences, or one such list per item of a list."""
    if isinstance(said, dict):
        return " ".join(dict.fromkeys(_sentence(one) for one in said.values()))
    return " ".join(map(str, said))
