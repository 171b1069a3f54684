"""Giving a task back 退单: on listed grounds only, and in time.

属地管理 is no ground (domain.md §4): it is refused with the list's item shown, but for the few matters the list makes
the subdistrict's own.
"""

import typing
from datetime import datetime

from services.dispatch.domain import errors
from services.dispatch.domain.clock import Clock
from services.dispatch.domain.limits import Rules
from services.dispatch.domain.responsibility import UNITS, Ground
from shared.calendar import Limit, Unit
from shared.contracts.dispatch import ReturnGround

LOCAL_JURISDICTION = "local_jurisdiction"
GROUNDS = (*typing.get_args(ReturnGround), LOCAL_JURISDICTION)
# Where the preset does not say: `shandong-2020` (domain.md §4).
USUAL = Limit(2, Unit.WORKING_DAYS)


def check(ground: str, *, listed: Ground | None, until: datetime, at: datetime) -> None:
    """Raises LocalJurisdictionIsNoGround, ReturnTooLate."""
    if ground == LOCAL_JURISDICTION and not (listed and listed.is_subdistricts):
        raise errors.LocalJurisdictionIsNoGround(**_shown(listed))
    if at > until:
        raise errors.ReturnTooLate(until=until.isoformat())


def announced(ground: str) -> ReturnGround:
    """The ground as events say it: what the list makes the subdistrict's is not the department's duty."""
    return "not_our_duty" if ground == LOCAL_JURISDICTION else typing.cast(ReturnGround, ground)


def until(sent_at: datetime, *, limit: Clock | None, rules: Rules) -> datetime:
    """How long a task sent at a moment may be returned, by the version of the limits its work began with.

    Args:
        limit: the task's limit to finish.
    """
    preset = rules.begun_with(limit.preset, limit.preset_version) if limit else rules.preset
    return rules.due(sent_at, preset.return_within or USUAL).at


def _shown(listed: Ground | None) -> dict[str, typing.Any]:
    if listed is None or listed.item_code is None:
        return {"item": None, "explanation": "权责清单未列此事项：属地管理不是退单理由，由区级兜底裁定。"}
    main = UNITS.get(listed.main or "", listed.main)
    return {
        "item": {
            "code": listed.item_code,
            "name": listed.item_name,
            "main": listed.main,
            "supporting": list(listed.supporting),
            "law": listed.law,
            "subdistrict_duty": listed.subdistrict_duty,
        },
        "explanation": (
            f"清单事项 {listed.item_code} {listed.item_name}：主体责任单位为{main}，"
            f"街道仅负责{listed.subdistrict_duty}，属地管理不是退单理由。"
        ),
    }
