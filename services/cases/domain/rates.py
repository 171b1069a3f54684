"""The rates a deployment shows 三率, with the definition that stands beside every figure (domain.md §3).

What reporters say counts in the month they were first asked, once, as they said it last: exactly what `dispatch` ranks
by. What was taken on counts in the month of its report. Months are those of Beijing. Matters not taken on, merged,
withdrawn, and matters a granted removal took out of that month are no part of any base.
"""

from dataclasses import dataclass
from typing import Literal

RateCode = Literal["met", "finished", "satisfied", "responded", "settled"]


@dataclass(frozen=True, kw_only=True)
class Rate:
    code: RateCode
    # What users call it.
    label: str
    # Who counts above and below the line, as shown beside the figure.
    definition: str
    # The names of the counted columns; see `queries/rates.sql`.
    hits: str
    base: str


_RATES = {
    rate.code: rate
    for rate in (
        Rate(
            code="met",
            label="当事人见面率",
            definition="本月首次回访到的事项中，当事人确认承办人已见面的比例；未回访到、保密、已剔除的不计入。",
            hits="met",
            base="met_base",
        ),
        Rate(
            code="finished",
            label="事件办结率",
            definition="本月首次回访到的事项中，当事人认为事项已解决的比例；未回访到、已剔除的不计入，修改答复只计一次。",
            hits="settled",
            base="settled_base",
        ),
        Rate(
            code="satisfied",
            label="群众满意率",
            definition="本月首次回访到的事项中，最新答复为“满意”或“非常满意”的比例；未回访到、已剔除的不计入，修改答复只计一次。",
            hits="satisfied",
            base="answered",
        ),
        Rate(
            code="responded",
            label="响应率",
            definition="当月受理的事项中已有人接手处理的比例；不予受理、合并、撤回、已剔除的不计入。",
            hits="responded",
            base="taken_on",
        ),
        Rate(
            code="settled",
            label="解决率",
            definition="本月首次回访到的事项中，报告人最新答复为“已解决”的比例；未回访到、已剔除的不计入。",
            hits="settled",
            base="settled_base",
        ),
    )
}
SETS: dict[str, tuple[RateCode, ...]] = {
    "three_rates": ("met", "finished", "satisfied"),
    "hotline": ("responded", "settled", "satisfied"),
}


def of_set(name: str) -> tuple[Rate, ...]:
    return tuple(_RATES[code] for code in SETS[name])


def get(code: RateCode) -> Rate:
    return _RATES[code]


def percent(hits: int, base: int) -> float | None:
    """A share in percent with two decimals, rounded half up; None where nothing counts."""
    return None if not base else (hits * 20_000 + base) // (2 * base) / 100
