"""How lists of matters are narrowed, sorted and counted."""

import typing

from marshmallow import fields, validate

from services.cases.domain.case import LEVELS, Hold, State
from services.cases.store.lists import MOST_COUNTED, SORTS
from services.cases.store.selection import DUE_SOON_HOURS, TABS
from shared import clock, http
from shared.contracts import cases as contracts


def _one_of(choices: typing.Iterable[str], **options: typing.Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(choice) for choice in choices]), **options)


def _of(literal: typing.Any) -> fields.String:
    return _one_of(typing.get_args(literal), load_default=None)


def _moment(description: str) -> fields.AwareDateTime:
    # People say times of their own day; whoever means another zone names it.
    return fields.AwareDateTime(
        load_default=None, default_timezone=clock.BEIJING, metadata={"description": description}
    )


def _told(text: str) -> dict[str, str]:
    return {"description": text}


class CaseFilter(http.Schema):
    area = http.AreaCode(load_default=None)
    state = _one_of(State, load_default=None)
    tab = _one_of(TABS, load_default=None, metadata=_told("One of the tabs counted by `/cases/tabs`."))
    category = fields.String(load_default=None, validate=validate.Length(1, 40))
    channel = _of(contracts.Channel)
    urgency = _of(contracts.Urgency)
    level = _one_of(LEVELS, load_default=None)
    hold = _one_of(Hold, load_default=None)
    handler = fields.UUID(load_default=None, metadata=_told("Who first handled it."))
    number = fields.String(load_default=None, validate=validate.Length(1, 40))
    text = fields.String(
        load_default=None,
        validate=validate.Length(1, 100),
        metadata=_told("Words of the matter or its address, from one character; several are all wanted."),
    )
    reported_from = _moment("Reported then or later.")
    reported_to = _moment("Reported before then.")
    overdue = fields.Boolean(load_default=False)
    due_soon = fields.Boolean(
        load_default=False, metadata=_told(f"Due within {DUE_SOON_HOURS} hours and not overdue.")
    )
    stalled = fields.Boolean(
        load_default=False, metadata=_told("Without progress for longer than its limit.")
    )
    mine = fields.Boolean(load_default=False, metadata=_told("What the caller reported."))


class CaseList(CaseFilter, http.PageQuery):
    sort = _one_of(
        SORTS,
        load_default="newest",
        metadata=_told("`due`: what is due first; matters without a limit come last, the newest first."),
    )
    count = fields.Boolean(
        load_default=False, metadata=_told(f"Count the whole list, up to {MOST_COUNTED:,}, as `total`.")
    )


class CaseTable(CaseFilter, http.TableQuery):
    sort = _one_of(SORTS, load_default="newest")


class Tab(http.Schema):
    tab = _one_of(TABS)
    label = fields.String()
    count = fields.Integer()
    is_capped = fields.Boolean(metadata=_told("There are more than `count`."))


class Tabs(http.Schema):
    tabs = fields.List(fields.Nested(Tab))
