"""Matters of the past two years, made up with a fixed seed: the same in every process that asks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.cases.domain.case import By, Entry
from shared import clock

DAYS = 730
# Older matters are settled but for the few on hold.
OPEN_DAYS = 30
DEPARTMENTS = tuple(
    f"370102-{kind}"
    for kind in (
        "public_security",
        "traffic_police",
        "urban_management",
        "law_enforcement",
        "ecology",
        "market_supervision",
        "housing",
        "health",
        "utilities",
    )
)
# Reporters of two years in a district; a few report often.
PEOPLE = 40_000
WORKERS = 1_200
CHANNELS = ("resident", "resident", "resident", "patrol", "hotline_12345", "wechat_group")

# final state → (weight among old matters, weight among young ones)
_STATES = {
    "closed": (0.90, 0.25),
    "declined": (0.04, 0.03),
    "withdrawn": (0.02, 0.02),
    "merged": (0.02, 0.02),
    "handling": (0.02, 0.33),
    "received": (0.0, 0.08),
    "triaged": (0.0, 0.07),
    "resolved": (0.0, 0.12),
    "checked": (0.0, 0.08),
}
_HANDLED = ("handling", "resolved", "checked", "closed")
_ENDED = ("closed", "declined", "withdrawn", "merged")


@dataclass(frozen=True)
class Task:
    task_id: str
    department_id: str
    clock_ids: tuple[str, str, str]


@dataclass(frozen=True)
class Order:
    order_id: str
    opened_at: datetime
    # None while it is open.
    ended_at: datetime | None
    is_finished: bool
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Matter:
    case_id: str
    number: str
    area: str
    longitude: float
    latitude: float
    # The catalogue's row.
    kind: dict[str, Any]
    channel: str
    state: str
    is_listed: bool
    reporter_id: str | None
    first_inquiry_by: str
    handler_id: str | None
    words: str
    reported_at: datetime
    entries: tuple[Entry, ...]
    order: Order | None
    merged_into: str | None
    clock_ids: tuple[str, str]

    def at(self, action: str) -> datetime | None:
        """When a step was, if it was."""
        return next((entry.at for entry in self.entries if entry.action == action), None)

    @property
    def ended_at(self) -> datetime | None:
        """When it was resolved or ended otherwise: its limit to finish ran until then."""
        return self.at("resolved") or (self.entries[-1].at if self.state in _ENDED else None)


@dataclass
class Past:
    """What matters are made of."""

    seed: int
    count: int
    first_number: int
    grids: list[tuple[str, float, float]]
    matters: list[dict[str, Any]]
    # The last moment of the past, seconds since 1970.
    until: float
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def told(self) -> Iterator[Matter]:
        """All of them, oldest first."""
        end = datetime.fromtimestamp(self.until, UTC)
        start = end - timedelta(days=DAYS)
        before: str | None = None
        for n in range(self.count):
            matter = self._matter(n, start + (end - start) * (n / self.count), end, before)
            before = matter.case_id
            yield matter

    def _matter(self, n: int, at: datetime, end: datetime, before: str | None) -> Matter:
        chance = self._chance
        old = (end - at).days >= OPEN_DAYS
        state = chance.choices(list(_STATES), [weights[not old] for weights in _STATES.values()])[0]
        if state == "merged" and before is None:
            state = "closed"
        area, longitude, latitude = chance.choice(self.grids)
        channel = chance.choice(CHANNELS)
        worker = _person("worker", chance.randrange(WORKERS))
        reporter = _person("resident", int(PEOPLE * chance.random() ** 2)) if channel == "resident" else None
        is_whistled = state in _HANDLED and chance.random() < 0.6
        actions = _actions(state, is_whistled)
        # Young matters have had little time; others take days.
        longest = min((end - at).total_seconds() * 0.9, 6 * 86400.0)
        moments = sorted(at + timedelta(seconds=chance.random() * longest) for _ in actions[1:])
        order_id = self._id(moments[-1] if moments else at)
        departments = chance.sample(DEPARTMENTS, chance.randint(1, 3))
        entries = tuple(
            Entry(
                action=action,
                by=By(person_id=reporter or worker, role="resident" if reporter else "grid_worker")
                if action == "reported"
                else By(person_id=worker, role="grid_worker"),
                at=moment,
                area=area,
                detail=_detail(action, channel, departments, order_id),
            )
            for action, moment in zip(actions, [at, *moments], strict=True)
        )
        case_id = self._id(at)
        return Matter(
            case_id=case_id,
            number=f"{DISTRICT}{at.astimezone(clock.BEIJING):%Y%m%d}{self.first_number + n:06d}",
            area=area,
            longitude=longitude,
            latitude=latitude,
            kind=chance.choice(self.matters),
            channel=channel,
            state=state,
            is_listed=old and state == "handling",
            reporter_id=reporter,
            first_inquiry_by=reporter or worker,
            handler_id=worker if len(actions) > 1 else None,
            words=_words(chance),
            reported_at=at,
            entries=entries,
            order=self._order(order_id, entries, departments) if is_whistled else None,
            merged_into=before if state == "merged" else None,
            clock_ids=(self._id(at), self._id(at)),
        )

    def _order(self, order_id: str, entries: tuple[Entry, ...], departments: list[str]) -> Order:
        times = {entry.action: entry.at for entry in entries}
        opened_at = times["whistled"]
        return Order(
            order_id=order_id,
            opened_at=opened_at,
            ended_at=times.get("resolved"),
            is_finished="order_finished" in times,
            tasks=tuple(
                Task(
                    self._id(opened_at),
                    department,
                    (self._id(opened_at), self._id(opened_at), self._id(opened_at)),
                )
                for department in departments
            ),
        )

    def _id(self, at: datetime) -> str:
        """A UUIDv7 of that moment."""
        bits = self._chance.getrandbits(74)
        high = int(at.timestamp() * 1000) << 16 | 0x7000 | bits >> 62
        text = f"{high:016x}{0x8 << 60 | bits & (1 << 60) - 1:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


DISTRICT = "370102"


# What people complain of, frequent first; a word in a thousand matters, and one in ten thousand.
_TROUBLES = (
    "楼下饭店油烟直排", "路灯不亮", "小区垃圾没人清运", "夜里施工噪音扰民", "下水道堵塞返味", "井盖破损",
    "电梯经常故障", "消防通道被占", "人行道地砖松动", "暖气不热", "绿化带被踩坏", "树枝挡住路牌", "自来水发黄",
    "广告牌松动", "楼道堆放杂物", "电动车进楼充电",
)  # fmt: skip
_REMARKS = (
    "已经反映过两次", "晚上不敢开窗", "老人出行很不方便", "影响孩子学习", "希望尽快处理", "味道特别大", "请给个答复",
)  # fmt: skip
_RARE = ((0.001, "沼气泄漏"), (0.0001, "无人机坠落"))


def _words(chance: random.Random) -> str:
    trouble = _TROUBLES[int(len(_TROUBLES) * chance.random() ** 2)]
    remarks = chance.sample(_REMARKS, chance.randint(1, 3))
    rare = [word for share, word in _RARE if chance.random() < share]
    return "，".join([f"{chance.randint(1, 60)} 号楼{trouble}", *remarks, *rare]) + "。"


def _actions(state: str, is_whistled: bool) -> list[str]:
    """The timeline of a matter in this state."""
    if state in ("received", "withdrawn", "merged"):
        return ["reported"] if state == "received" else ["reported", state]
    actions = ["reported", "triaged"]
    if state == "declined":
        return [*actions, "declined"]
    if state == "triaged":
        return actions
    actions.append("whistled" if is_whistled else "handling")
    if state == "handling":
        return actions
    actions += ["order_finished", "resolved"] if is_whistled else ["resolved"]
    following = ["checked", "called_back", "closed"]
    return actions + following[: {"resolved": 0, "checked": 1, "closed": 3}[state]]


def _detail(action: str, channel: str, departments: list[str], order_id: str) -> dict[str, Any]:
    if action == "reported":
        return {"channel": channel}
    if action == "whistled":
        return {"kind": "grid_calls_offices", "departments": departments, "order_id": order_id}
    if action == "called_back":
        return {"reached": True, "met": True, "settled": True, "satisfaction": "satisfied", "words": ""}
    return {"words": "已现场处理，设施恢复运行。"} if action == "resolved" else {}


def _person(role: str, n: int) -> str:
    return f"{'0b' if role == 'worker' else '0a'}{n:06x}-0000-4000-8000-000000000000"
