"""Open311 GeoReport v2 (http://wiki.open311.org/GeoReport_v2): what a matter is to it, and who is shown what."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from services.cases.domain.case import State
from shared import errors

# The standard's own limits of one answer.
MOST_REQUESTS = 1000
LONGEST_SPAN = timedelta(days=90)
LONGEST_DESCRIPTION = 4000
# Themes in public space: everybody sees them anyway. Quarrels, livelihood and services are people's own business.
USUALLY_PUBLISHED = ("city_management", "environment")
MOST_QUESTIONS = 30
_BEIJING = timezone(timedelta(hours=8))

Status = Literal["open", "closed"]
# A matter is closed when nothing follows any more: a resolved one is still checked, called back and perhaps reworked.
CLOSED = frozenset({State.CLOSED, State.DECLINED, State.MERGED, State.WITHDRAWN})
NOTES: dict[State, str] = {
    State.RECEIVED: "已受理",
    State.TRIAGED: "已立案分流",
    State.HANDLING: "正在办理",
    State.RESOLVED: "已办理，待核查",
    State.CHECKED: "已核查，待回访",
    State.CALLED_BACK: "已回访",
    State.CLOSED: "已办结",
    State.DECLINED: "不予受理",
    State.MERGED: "与同一事项合并办理",
    State.WITHDRAWN: "诉求人已撤回",
}
HOLD_NOTES = {"deferred": "缓办，到期复查", "listed": "挂账，到期复查"}
IN_DANGER = "遇有人身危险请立即拨打 110、119 或 120。"

Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
LISTS: frozenset[Datatype] = frozenset({"singlevaluelist", "multivaluelist"})


class JurisdictionUnknown(errors.NotFound):
    """No jurisdiction has this jurisdiction_id."""


class JurisdictionMissing(errors.Invalid):
    """Several jurisdictions are served here: say by jurisdiction_id which one is meant."""


class ServiceUnknown(errors.NotFound):
    """No service has this service_code, or it is no longer offered."""


class RequestUnknown(errors.NotFound):
    """No request with this id may be seen by you; give the api_key it was posted with."""


class KeyMissing(errors.Forbidden):
    """Give an api_key: reports without one are not taken here."""


class KeyInvalid(errors.Forbidden):
    """The api_key is not valid: it was revoked, or never given."""


class OutsideJurisdiction(errors.Invalid):
    """The place lies outside the jurisdiction, or outside the area the api_key is for."""


class SpanTooLong(errors.Invalid):
    """start_date and end_date may not span more than 90 days."""


class PageTooFar(errors.Invalid):
    """So far back pages are not counted; narrow the search with start_date and end_date."""


class PlaceMissing(errors.Invalid):
    """Say where: lat and long, or an address_id, or an address_string that names a community and its grid."""


class AddressUnknown(errors.Invalid):
    """The address names no grid here, or more than one; give lat and long."""


class AnswersWrong(errors.Invalid):
    """Some attributes are missing or wrong; each is named with what it should be."""


class BeyondOwnAreas(errors.Forbidden):
    """This reaches beyond your own areas."""


@dataclass(frozen=True, kw_only=True)
class Jurisdiction:
    """On whose behalf requests are taken and shown. Without a configured one, everything is served with keys."""

    jurisdiction_id: str = ""
    # All of the deployment where empty.
    area: str = ""
    name: str = ""
    contact: str = ""
    takes_anonymous: bool = False
    shows_details: bool = False
    published_themes: tuple[str, ...] = USUALLY_PUBLISHED
    anonymous_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Key:
    """An integrator's key: who posts, where, and how often."""

    key_id: str
    name: str
    areas: tuple[str, ...]
    posts_per_minute: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """An attribute of a service definition: something asked beside the words."""

    code: str
    datatype: Datatype
    description: str
    datatype_description: str = ""
    required: bool = False
    # False only tells the reporter something.
    variable: bool = True
    # (key, name) of what may be chosen.
    values: tuple[tuple[str, str], ...] = field(default=())


def status_of(state: State) -> Status:
    return "closed" if state in CLOSED else "open"


def states_of(statuses: Sequence[Status]) -> list[State] | None:
    """The states behind the statuses asked for; None for all."""
    if not statuses or set(statuses) == {"open", "closed"}:
        return None
    return [state for state in State if status_of(state) in statuses]


def notes_of(state: State, hold: str | None) -> str:
    """The state in words, without anybody's own."""
    return HOLD_NOTES.get(hold or "", NOTES[state])


def span(since: datetime | None, until: datetime | None, *, now: datetime) -> tuple[datetime, datetime]:
    """The moments to search between: at most 90 days, by default the last. Raises SpanTooLong."""
    if since is not None and until is not None:
        if until - since > LONGEST_SPAN:
            raise SpanTooLong()
        return since, until
    if since is not None:
        return since, min(since + LONGEST_SPAN, max(now, since))
    until = until or now
    return until - LONGEST_SPAN, until


def moment(text: str) -> datetime:
    """A W3C date-time. One without an offset, or a date alone, is meant in Beijing. Raises ValueError.

    A plus sign that was not escaped arrives as a space.
    """
    text = text.strip()
    if len(text) > 6 and text[-6] == " ":
        text = f"{text[:-6]}+{text[-5:]}"
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=_BEIJING)


def answered(questions: Sequence[Question], given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What was answered, by the code of the question. Raises AnswersWrong naming each that is missing or wrong.

    What nobody asked is left out: clients send fields of other cities.
    """
    answers: dict[str, list[str]] = {}
    wrong: list[errors.FieldError] = []
    for question in questions:
        values = [value.strip() for value in given.get(question.code, ()) if value.strip()]
        fault = _fault(question, values)
        if fault:
            pointer = f"/attribute[{question.code}]"
            wrong.append(errors.FieldError(pointer=pointer, code="invalid", detail=fault))
        elif values and question.variable:
            answers[question.code] = values
    if wrong:
        raise AnswersWrong(fields=tuple(wrong))
    return answers


def _fault(question: Question, values: Sequence[str]) -> str | None:
    if not question.variable:
        return None
    if not values:
        return "This is required." if question.required else None
    if len(values) > 1 and question.datatype != "multivaluelist":
        return "Give one value."
    if question.datatype in LISTS:
        keys = [key for key, _ in question.values]
        return None if set(values) <= set(keys) else f"One of {', '.join(keys)}."
    return _text_fault(question.datatype, values[0])


def _text_fault(datatype: Datatype, value: str) -> str | None:
    if len(value) > 500:
        return "At most 500 characters."
    try:
        if datatype == "number" and not math.isfinite(float(value)):
            return "A number."
        if datatype == "datetime":
            moment(value)
    except ValueError:
        return "A number." if datatype == "number" else "A date and time as in 2026-11-21T08:30:00+08:00."
    if datatype == "string" and "\n" in value:
        return "Without line breaks."
    return None


def words_of(
    description: str,
    questions: Sequence[Question],
    answers: Mapping[str, Sequence[str]],
    *,
    media: Sequence[str] = (),
) -> str:
    """The words of the matter as whoever handles it reads them: the description, each question with its answer, and
    where pictures lie that their sender keeps elsewhere."""
    lines = [description]
    for question in questions:
        if question.code in answers:
            names = dict(question.values)
            told = "、".join(names.get(value, value) for value in answers[question.code])
            lines.append(f"{question.description}：{told}")
    lines += [f"图片：{address}" for address in media]
    return "\n".join(line for line in lines if line)[:LONGEST_DESCRIPTION]


def question_of(row: Mapping[str, Any]) -> Question:
    return Question(**{**row, "values": tuple((one["key"], one["name"]) for one in row.get("values", ()))})
