"""What organisations are ranked by: indicator sets for departments and for subdistricts, with their rules.

The source article (S2) names what is counted (履职, the three rates, one matter one assessment) and that the table is
made at the end of every month; it gives no weights, windows or thresholds. Those below are the delivered ones, ours,
and every area may set its own, version by version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from services.dispatch.domain import errors

Kind = Literal["departments", "subdistricts"]
KINDS: tuple[Kind, ...] = ("departments", "subdistricts")
# Groups of members that grids call 党员报到: registered like departments, neither assessed nor ranked.
UNRANKED = frozenset({"party_members", "volunteers"})
# Whose answer a reporter's is: the main department's, or that of everyone who finished a task of that handling.
Share = Literal["main", "every"]


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One figure: a share of rows, or for assessments their average points of 100."""

    name: str
    title: str
    # What the rows are.
    rows: Literal["tasks", "cases"]
    # How it is counted, as shown beside the table.
    definition: str
    # The share is of what went wrong: less is better.
    is_fault: bool = False
    # What one row may contribute at most.
    most: int = 1


_OF_ALL = (
    Indicator(
        name="met",
        title="当事人见面率",
        rows="tasks",
        definition="本期首次回访到的事项中，当事人确认承办人已见面的比例；未回访到、保密、已剔除的不计入。",
    ),
    Indicator(
        name="settled",
        title="事件办结率",
        rows="tasks",
        definition="本期首次回访到的事项中，当事人认为事项已解决的比例；未回访到、已剔除的不计入，修改答复只计一次。",
    ),
    Indicator(
        name="satisfied",
        title="群众满意率",
        rows="tasks",
        definition="本期首次回访到的事项中，最新答复为“满意”或“非常满意”的比例；未回访到、已剔除的不计入，修改答复只计一次。",
    ),
)
SETS: Mapping[Kind, tuple[Indicator, ...]] = {
    "departments": (
        Indicator(
            name="sign",
            title="签收及时率",
            rows="tasks",
            definition="本期到期或按时签收的派单中，限时内签收的比例。",
        ),
        Indicator(
            name="on_time",
            title="按时办结率",
            rows="tasks",
            definition="本期到期或按时办结的派单中，限时内办结的比例。",
        ),
        *_OF_ALL,
        Indicator(
            name="returned",
            title="不当退单率",
            rows="tasks",
            definition="本期收到或被驳回退单的派单中，退单被驳回的比例；成立的退单不计入。",
            is_fault=True,
        ),
        Indicator(
            name="reworked",
            title="返工率",
            rows="tasks",
            definition="本期办结或返工的主办派单中，返工的比例。",
            is_fault=True,
        ),
        Indicator(
            name="assessed",
            title="一事一考",
            rows="tasks",
            definition="街道逐件考核的平均得分；申诉成立被撤销的不计入。",
            most=100,
        ),
    ),
    "subdistricts": (
        Indicator(
            name="call_quality",
            title="呼叫准确率",
            rows="tasks",
            definition="本期呼叫中，未因呼叫有误被退单的比例。",
        ),
        Indicator(
            name="on_time",
            title="按时办结率",
            rows="cases",
            definition="本期到期或按时办结的事项中，限时内办结的比例。",
        ),
        *(replace(one, rows="cases") for one in _OF_ALL),
    ),
}

_WEIGHTS: Mapping[Kind, Mapping[str, int]] = {
    "departments": {
        "sign": 10,
        "on_time": 20,
        "met": 10,
        "settled": 15,
        "satisfied": 15,
        "returned": 10,
        "reworked": 10,
        "assessed": 10,
    },
    "subdistricts": {"call_quality": 30, "on_time": 30, "met": 10, "settled": 15, "satisfied": 15},
}
_CRITERIA: Mapping[str, int] = {"speed": 30, "result": 40, "attitude": 30}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How one kind of organisation is ranked in an area from some month on."""

    kind: Kind
    # Indicator → weight; those of weight 0 are shown and not scored.
    weights: Mapping[str, int]
    # The last day of the month's period; 31 is the month's last day, whichever that is.
    cut_off_day: int = 31
    # Calendar days in which departments may appeal, from the end of the period or the draft, whichever is later.
    appeal_days: int = 5
    # With fewer matters that count as on time or late, an organisation is shown without a rank.
    least_matters: int = 5
    share: Share = "main"
    # Assessment criteria → most points, 100 in all; departments only.
    criteria: Mapping[str, int] = field(default_factory=lambda: dict(_CRITERIA))
    # What makes the system propose joint supervision.
    low_ranks: int = 1
    low_satisfaction_percent: int = 60
    negative_attitudes: int = 3
    # So many months in a row among the low ranks are a long run.
    long_run_months: int = 3


def delivered(kind: Kind) -> Rules:
    """The rules of an area that set none."""
    return Rules(kind=kind, weights=dict(_WEIGHTS[kind]))


def indicators(kind: Kind) -> tuple[Indicator, ...]:
    return SETS[kind]


def named(kind: Kind, name: str) -> Indicator | None:
    return next((one for one in SETS[kind] if one.name == name), None)


def check(rules: Rules) -> Rules:
    """The rules, if they can be followed. Raises WeightsWrong or CriteriaWrong."""
    known = {one.name for one in SETS[rules.kind]}
    weights = rules.weights.values()
    if set(rules.weights) - known or sum(weights) <= 0 or any(weight < 0 for weight in weights):
        raise errors.WeightsWrong(indicators=sorted(known))
    criteria = rules.criteria.values()
    if sum(criteria) != 100 or any(points <= 0 for points in criteria):
        raise errors.CriteriaWrong()
    return rules


def to_body(rules: Rules) -> dict[str, Any]:
    """The rules as they are kept and shown."""
    return {**vars(rules), "weights": dict(rules.weights), "criteria": dict(rules.criteria)}


def of_body(body: Mapping[str, Any]) -> Rules:
    """The rules as they were kept; what an older version did not know is as delivered."""
    known = {name: body[name] for name in Rules.__dataclass_fields__ if name in body}
    return Rules(**known)
