"""What is read and answered under /points."""

from enum import StrEnum

from marshmallow import ValidationError, fields, validate, validates_schema

from services.points.domain.ledger import Kind, Purpose
from services.points.domain.reconciliation import Check
from services.points.domain.redemptions import State
from services.points.domain.rules import Basis
from shared import http

_NAME = validate.Length(1, 60)
_REASON = validate.Length(2, 200)
_PRICE = validate.Range(1, 1_000_000)
_QUANTITY = validate.Range(1, 99)
_HOLD_HOURS = validate.Range(1, 720)


class _SubdistrictCode(http.AreaCode):
    def __init__(self, **options: object) -> None:
        options["metadata"] = {"example": "370102007"}
        super().__init__(**options)
        self.validators.append(validate.Length(equal=9, error="A scheme belongs to a subdistrict: 9 digits."))


def _one_of(names: type[StrEnum]) -> fields.String:
    """An answer's value of an enumeration, from a row's text or the enumeration itself."""
    return fields.String(required=True, validate=validate.OneOf([str(name) for name in names]))


# --- Schemes and rules ---


class NewScheme(http.Schema):
    area = _SubdistrictCode(required=True)
    name = fields.String(required=True, validate=_NAME)
    hold_hours = fields.Integer(strict=True, load_default=72, validate=_HOLD_HOURS)


class SchemeChange(http.Schema):
    name = fields.String(validate=_NAME)
    active = http.Flag()
    hold_hours = fields.Integer(strict=True, validate=_HOLD_HOURS)


class SchemeView(http.Schema):
    id = fields.UUID(required=True)
    area = fields.String(required=True)
    name = fields.String(required=True)
    active = fields.Boolean(required=True)
    # How long an order is kept for picking up.
    hold_hours = fields.Integer(required=True)
    version = fields.Integer(required=True)


class AreaQuery(http.PageQuery):
    area = http.AreaCode(load_default=None)


class NewRuleVersion(http.Schema):
    name = fields.String(required=True, validate=_NAME)
    points = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10_000))
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CAUSE)
    daily_cap = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 100_000)
    )
    active = http.Flag(load_default=True)
    # From when it holds; now unless given. Never in the past: what was earned stays explicable.
    valid_from = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)


class RuleView(http.Schema):
    scheme_id = fields.UUID(required=True)
    code = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    points = fields.Integer(required=True)
    basis = _one_of(Basis)
    daily_cap = fields.Integer(required=True, allow_none=True)
    active = fields.Boolean(required=True)
    valid_from = fields.AwareDateTime(format="iso", required=True)


class RulesView(http.Schema):
    rules = fields.List(fields.Nested(RuleView), required=True)


# --- Passbooks ---


class PassbookView(http.Schema):
    id = fields.UUID(required=True)
    household_id = fields.UUID(required=True)
    scheme_id = fields.UUID(required=True)
    scheme_name = fields.String(required=True)
    number = fields.String(required=True)
    area = fields.String(required=True)
    active = fields.Boolean(required=True)
    opened_at = fields.AwareDateTime(format="iso", required=True)
    # What may be spent, what open orders hold, what later earnings settle first.
    available = fields.Integer(required=True)
    held = fields.Integer(required=True)
    owed = fields.Integer(required=True)


class CounterPassbookView(http.Schema):
    """A book as the shop counter sees it: nothing about the household."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    active = fields.Boolean(required=True)
    available = fields.Integer(required=True)
    held = fields.Integer(required=True)


class StatementLine(http.Schema):
    sequence = fields.Integer(required=True)
    transfer_id = fields.UUID(required=True)
    at = fields.AwareDateTime(format="iso", required=True)
    purpose = _one_of(Purpose)
    points = fields.Integer(required=True)
    balance_after = fields.Integer(required=True)
    rule = fields.String(allow_none=True, required=True)
    cause = fields.String(allow_none=True, required=True)
    redemption_id = fields.UUID(allow_none=True, required=True)
    reverses = fields.UUID(allow_none=True, required=True)
    reason = fields.String(allow_none=True, required=True)


class Adjustment(http.Schema):
    points = fields.Integer(
        strict=True,
        required=True,
        validate=[validate.Range(-1_000_000, 1_000_000), validate.NoneOf([0])],
    )
    reason = fields.String(required=True, validate=_REASON)


# --- Shops and goods ---


class ShopsQuery(AreaQuery):
    scheme_id = fields.UUID(load_default=None)


class NewShop(http.Schema):
    scheme_id = fields.UUID(required=True)
    area = http.AreaCode(required=True)
    name = fields.String(required=True, validate=_NAME)
    address = fields.String(load_default="", validate=validate.Length(max=200))


class ShopView(http.Schema):
    id = fields.UUID(required=True)
    scheme_id = fields.UUID(required=True)
    area = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class NewGood(http.Schema):
    name = fields.String(required=True, validate=_NAME)
    # Who gave it: bought from the budget, a donor, a partner.
    source = fields.String(required=True, validate=_NAME)
    price = fields.Integer(strict=True, required=True, validate=_PRICE)


class GoodChange(http.Schema):
    name = fields.String(validate=_NAME)
    source = fields.String(validate=_NAME)
    price = fields.Integer(strict=True, validate=_PRICE)
    active = http.Flag()


class GoodView(http.Schema):
    id = fields.UUID(required=True)
    shop_id = fields.UUID(required=True)
    name = fields.String(required=True)
    source = fields.String(required=True)
    price = fields.Integer(required=True)
    on_hand = fields.Integer(required=True)
    reserved = fields.Integer(required=True)
    # On hand and not promised to an open order.
    available = fields.Integer(required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class StockChange(http.Schema):
    """`received`: so many came in. `counted`: a stock-taking found so many more or fewer, with the reason."""

    kind = fields.String(required=True, validate=validate.OneOf(["received", "counted"]))
    quantity = fields.Integer(
        strict=True, required=True, validate=[validate.Range(-100_000, 100_000), validate.NoneOf([0])]
    )
    reason = fields.String(load_default=None, allow_none=True, validate=_REASON)

    @validates_schema
    def _fits_its_kind(self, body: dict[str, object], **_: object) -> None:
        quantity = body.get("quantity")
        if body.get("kind") == "received" and isinstance(quantity, int) and quantity < 0:
            raise ValidationError("What came in is more than nothing.", "quantity")
        if body.get("kind") == "counted" and not body.get("reason"):
            raise ValidationError("Say why the count differs.", "reason")


# --- Orders ---


class NewLine(http.Schema):
    good_id = fields.UUID(required=True)
    quantity = fields.Integer(strict=True, required=True, validate=_QUANTITY)


class NewRedemption(http.Schema):
    shop_id = fields.UUID(required=True)
    lines = fields.List(fields.Nested(NewLine), required=True, validate=validate.Length(1, 20))

    @validates_schema
    def _each_good_once(self, body: dict[str, object], **_: object) -> None:
        lines = body.get("lines")
        goods = [line.get("good_id") for line in lines] if isinstance(lines, list) else []
        if len(set(goods)) < len(goods):
            raise ValidationError("Name each good once.", "lines")


class LineView(http.Schema):
    good_id = fields.UUID(required=True)
    name = fields.String(required=True)
    quantity = fields.Integer(required=True)
    price = fields.Integer(required=True)


class RedemptionView(http.Schema):
    id = fields.UUID(required=True)
    scheme_id = fields.UUID(required=True)
    shop_id = fields.UUID(required=True)
    area = fields.String(required=True)
    household_id = fields.UUID(required=True)
    state = _one_of(State)
    points = fields.Integer(required=True)
    # Shown to the household only: at the counter it proves who orders.
    pickup_code = fields.String()
    placed_at = fields.AwareDateTime(format="iso", required=True)
    expires_at = fields.AwareDateTime(format="iso", required=True)
    ended_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    lines = fields.List(fields.Nested(LineView), required=True)
    version = fields.Integer(required=True)


class ShopOrdersQuery(http.PageQuery):
    only_open = fields.Boolean(load_default=True)
    pickup_code = fields.String(load_default=None, validate=validate.Regexp(r"^\d{6}\Z"))


class HandOver(http.Schema):
    pickup_code = fields.String(required=True, validate=validate.Regexp(r"^\d{6}\Z"))


# --- The books ---


class AccountsView(http.Schema):
    kind = _one_of(Kind)
    accounts = fields.Integer(required=True)
    balance = fields.Integer(required=True)


class SchemeBalanceView(http.Schema):
    scheme_id = fields.UUID(required=True)
    area = fields.String(required=True)
    name = fields.String(required=True)
    # Zero, or the books are wrong.
    total = fields.Integer(required=True)
    accounts = fields.List(fields.Nested(AccountsView), required=True)


class TrialBalanceView(http.Schema):
    schemes = fields.List(fields.Nested(SchemeBalanceView), required=True)


class DifferenceView(http.Schema):
    check = _one_of(Check)
    scheme_id = fields.UUID(required=True)
    about = fields.String(required=True)
    expected = fields.Integer(required=True)
    found = fields.Integer(required=True)


class ReconciliationView(http.Schema):
    agrees = fields.Boolean(required=True)
    differences = fields.List(fields.Nested(DifferenceView), required=True)
