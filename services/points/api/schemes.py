"""Schemes and their rules."""

import re
from typing import Any

from services.points import schemas
from services.points.api import authority
from services.points.domain.rules import Rule
from services.points.store import awards, passbooks
from services.points.store import shops as store
from shared import auth, db, errors, http, ids
from shared.http import get, patch, post, put

# Every area code begins with this.
_EVERYWHERE = [""]
_RULE_CODE = re.compile(r"[a-z][a-z_]{1,39}")


class OutsideYourArea(errors.Forbidden):
    """The subdistrict lies outside your area."""


class SchemesApi:
    """Use cases around schemes."""

    @get("/points/schemes", roles=auth.ANYONE, query=schemas.AreaQuery, answers=schemas.SchemeView, page=True)
    def list_schemes(self, tx: db.Tx, request: http.Request) -> http.Page:
        """List schemes by area."""
        cursor = request.cursor(length=1)
        if cursor and not isinstance(cursor[0], str):
            raise authority.bad_cursor()
        area = request.query["area"]
        rows = store.schemes(
            tx,
            [area] if area else _EVERYWHERE,
            after=cursor[0] if cursor else None,
            limit=request.limit + 1,
        )
        return authority.page(rows, request.limit, "area")

    @post(
        "/points/schemes",
        roles=authority.ADMINS,
        body=schemas.NewScheme,
        answers=schemas.SchemeView,
        status=201,
        errors=(store.SchemeExists, OutsideYourArea),
    )
    def add_scheme(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Begin a scheme for a subdistrict of my area."""
        if not authority.administers(request.actor, request.body["area"]):
            raise OutsideYourArea()
        scheme = store.add_scheme(tx, scheme_id=ids.new(), **request.body)
        passbooks.open_books_of_scheme(tx, scheme["id"])
        return scheme

    @patch(
        "/points/schemes/<uuid:scheme_id>",
        roles=authority.ADMINS,
        body=schemas.SchemeChange,
        answers=schemas.SchemeView,
        if_match=True,
        errors=(store.SchemeUnknown,),
    )
    def change_scheme(self, tx: db.Tx, request: http.Request, scheme_id: str) -> dict[str, Any]:
        """Rename a scheme, switch it on or off, or change how long orders are kept."""
        scheme = authority.administered_scheme(tx, request.actor, scheme_id)
        request.match(scheme["version"])
        kept = {name: scheme[name] for name in ("name", "active", "hold_hours")}
        return store.save_scheme(tx, scheme_id=scheme_id, **{**kept, **request.body})

    @get(
        "/points/schemes/<uuid:scheme_id>/rules",
        roles=auth.ANYONE,
        answers=schemas.RulesView,
        errors=(store.SchemeUnknown,),
    )
    def list_rules(self, tx: db.Tx, request: http.Request, scheme_id: str) -> dict[str, list[Rule]]:
        """List every version of a scheme's rules: by code, oldest first."""
        store.scheme(tx, scheme_id)
        by_code = awards.rules_of(tx, [scheme_id]).get(scheme_id, {})
        return {"rules": [rule for versions in by_code.values() for rule in versions]}

    @put(
        "/points/schemes/<uuid:scheme_id>/rules/<string:code>",
        roles=authority.ADMINS,
        body=schemas.NewRuleVersion,
        answers=schemas.RuleView,
        errors=(store.SchemeUnknown,),
    )
    def change_rule(self, tx: db.Tx, request: http.Request, scheme_id: str, code: str) -> Rule:
        """Add the next version of a rule; what was earned under earlier ones stays."""
        authority.administered_scheme(tx, request.actor, scheme_id)
        if not _RULE_CODE.fullmatch(code):
            raise errors.invalid(
                "/code", "rule_code", "A rule's code is 2 to 40 small letters and underscores."
            )
        valid_from = request.body["valid_from"]
        if valid_from is not None and valid_from < db.now(tx):
            raise errors.invalid("/valid_from", "in_the_past", "A rule cannot begin to hold in the past.")
        return awards.add_rule_version(
            tx, scheme_id=scheme_id, code=code, made_by=request.actor.person_id, **request.body
        )
