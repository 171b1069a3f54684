"""What is read and answered under /points."""

from enum import StrEnum
from functools import partial

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


# What answers are made of.
_id = partial(fields.UUID, required=True)
_text = partial(fields.String, required=True)
_whole = partial(fields.Integer, required=True)
_flag = partial(fields.Boolean, required=True)
_moment = partial(fields.AwareDateTime, format="iso", required=True)


def _one_of(names: type[StrEnum]) -> fields.String:
    """An answer's value of an enumeration, from a row's text or the enumeration itself."""
    return _text(validate=validate.OneOf([str(name) for name in names]))


class _Kept(http.Schema):
    """What is named, switched on or off, and changed by version."""

    id = _id()
    name = _text()
    active = _flag()
    version = _whole()


# --- Schemes and rules ---


class NewScheme(http.Schema):
    area = _SubdistrictCode(required=True)
    name = _text(validate=_NAME)
    hold_hours = fields.Integer(strict=True, load_default=72, validate=_HOLD_HOURS)


class SchemeChange(http.Schema):
    name = fields.String(validate=_NAME)
    active = http.Flag()
    hold_hours = fields.Integer(strict=True, validate=_HOLD_HOURS)


class SchemeView(_Kept):
    area = _text()
    # How long an order is kept for picking up.
    hold_hours = _whole()


class AreaQuery(http.PageQuery):
    area = http.AreaCode(load_default=None)


class NewRuleVersion(http.Schema):
    name = _text(validate=_NAME)
    points = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10_000))
    basis = fields.Enum(Basis, by_value=True, load_default=Basis.CAUSE)
    daily_cap = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 100_000)
    )
    active = http.Flag(load_default=True)
    # From when it holds; now unless given. Never in the past: what was earned stays explicable.
    valid_from = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)


class RuleView(http.Schema):
    scheme_id = _id()
    code = _text()
    version = _whole()
    name = _text()
    points = _whole()
    basis = _one_of(Basis)
    daily_cap = _whole(allow_none=True)
    active = _flag()
    valid_from = _moment()


class RulesView(http.Schema):
    rules = fields.List(fields.Nested(RuleView), required=True)


# --- Passbooks ---


class CounterPassbookView(http.Schema):
    """A book as the shop counter sees it: nothing about the household."""

    id = _id()
    number = _text()
    active = _flag()
    # What may be spent, and what open orders hold.
    available = _whole()
    held = _whole()


class PassbookView(CounterPassbookView):
    """A book as its household and the area's admins see it."""

    household_id = _id()
    scheme_id = _id()
    scheme_name = _text()
    area = _text()
    opened_at = _moment()
    # What later earnings settle first.
    owed = _whole()


class StatementLine(http.Schema):
    sequence = _whole()
    transfer_id = _id()
    at = _moment()
    purpose = _one_of(Purpose)
    points = _whole()
    balance_after = _whole()
    rule = _text(allow_none=True)
    cause = _text(allow_none=True)
    redemption_id = _id(allow_none=True)
    reverses = _id(allow_none=True)
    reason = _text(allow_none=True)


class Adjustment(http.Schema):
    points = fields.Integer(
        strict=True,
        required=True,
        validate=[validate.Range(-1_000_000, 1_000_000), validate.NoneOf([0])],
    )
    reason = _text(validate=_REASON)


# --- Shops and goods ---


class ShopsQuery(AreaQuery):
    scheme_id = fields.UUID(load_default=None)


class NewShop(http.Schema):
    scheme_id = _id()
    area = http.AreaCode(required=True)
    name = _text(validate=_NAME)
    address = fields.String(load_default="", validate=validate.Length(max=200))


class ShopView(_Kept):
    scheme_id = _id()
    area = _text()
    address = _text()


class NewGood(http.Schema):
    name = _text(validate=_NAME)
    # Who gave it: bought from the budget, a donor, a partner.
    source = _text(validate=_NAME)
    price = fields.Integer(strict=True, required=True, validate=_PRICE)


class GoodChange(http.Schema):
    name = fields.String(validate=_NAME)
    source = fields.String(validate=_NAME)
    price = fields.Integer(strict=True, validate=_PRICE)
    active = http.Flag()


class GoodView(_Kept):
    shop_id = _id()
    source = _text()
    price = _whole()
    on_hand = _whole()
    reserved = _whole()
    # On hand and not promised to an open order.
    available = _whole()


class StockChange(http.Schema):
    """`received`: so many came in. `counted`: a stock-taking found so many more or fewer, with the reason."""

    kind = _text(validate=validate.OneOf(["received", "counted"]))
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
    good_id = _id()
    quantity = fields.Integer(strict=True, required=True, validate=_QUANTITY)


class NewRedemption(http.Schema):
    shop_id = _id()
    lines = fields.List(fields.Nested(NewLine), required=True, validate=validate.Length(1, 20))

    @validates_schema
    def _each_good_once(self, body: dict[str, object], **_: object) -> None:
        lines = body.get("lines")
        goods = [line.get("good_id") for line in lines] if isinstance(lines, list) else []
        if len(set(goods)) < len(goods):
            raise ValidationError("Name each good once.", "lines")


class LineView(http.Schema):
    good_id = _id()
    name = _text()
    quantity = _whole()
    price = _whole()


class RedemptionView(http.Schema):
    id = _id()
    scheme_id = _id()
    shop_id = _id()
    area = _text()
    household_id = _id()
    state = _one_of(State)
    points = _whole()
    # Shown to the household only: at the counter it proves who orders.
    pickup_code = fields.String()
    placed_at = _moment()
    expires_at = _moment()
    ended_at = _moment(allow_none=True)
    lines = fields.List(fields.Nested(LineView), required=True)
    version = _whole()


class ShopOrdersQuery(http.PageQuery):
    only_open = fields.Boolean(load_default=True)
    pickup_code = fields.String(load_default=None, validate=validate.Regexp(r"^\d{6}\Z"))


class HandOver(http.Schema):
    pickup_code = _text(validate=validate.Regexp(r"^\d{6}\Z"))


# --- The books ---


class AccountsView(http.Schema):
    kind = _one_of(Kind)
    accounts = _whole()
    balance = _whole()


class SchemeBalanceView(http.Schema):
    scheme_id = _id()
    area = _text()
    name = _text()
    # Zero, or the books are wrong.
    total = _whole()
    accounts = fields.List(fields.Nested(AccountsView), required=True)


class TrialBalanceView(http.Schema):
    schemes = fields.List(fields.Nested(SchemeBalanceView), required=True)


class DifferenceView(http.Schema):
    check = _one_of(Check)
    scheme_id = _id()
    about = _text()
    expected = _whole()
    found = _whole()


class ReconciliationView(http.Schema):
    agrees = _flag()
    differences = fields.List(fields.Nested(DifferenceView), required=True)
