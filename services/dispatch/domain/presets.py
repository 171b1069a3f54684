"""Documents of limits as an admin edits them, read into presets; and what must hold of one."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.dispatch.domain import errors
from services.dispatch.domain.limits import ANY, CLOCKS, Extension, Key, Ladder, Preset, Stage
from shared.calendar import Limit, Unit

# {"limits": [{"clock", "category", "stage", "sla_class", "urgency", "amount", "unit"}, …],
#  "ladders": [{"clock", "supervise_after": {"amount", "unit"}, "rectify_within": {…}}, …],
#  "extension": {"most", "amount", "unit"} | None, "return_within": {"amount", "unit"} | None}
Document = Mapping[str, Any]


def read(name: str, version: int, document: Document) -> Preset:
    """The preset a document describes. Stages come in the order of their rows."""
    stages: dict[Key, tuple[Stage, ...]] = {}
    for row in document["limits"]:
        key = _key(row)
        stages[key] = (*stages.get(key, ()), Stage(row.get("stage", ""), _limit(row)))
    extension, within = document.get("extension"), document.get("return_within")
    return Preset(
        name=name,
        version=version,
        stages=stages,
        ladders={
            row["clock"]: Ladder(_limit(row["supervise_after"]), _limit(row["rectify_within"]))
            for row in document.get("ladders", ())
        },
        extension=Extension(extension["most"], _limit(extension)) if extension else None,
        return_within=_limit(within) if within else None,
    )


def require_complete(document: Document) -> None:
    """Every clock is limited for every matter, and nothing twice. Raises PresetIncomplete, LimitTwice."""
    rows: Sequence[Mapping[str, Any]] = document["limits"]
    general = {row["clock"] for row in rows if _key(row)[1:] == (ANY, ANY, ANY)}
    missing = [name for name in CLOCKS if name not in general]
    if missing:
        raise errors.PresetIncomplete(missing=missing)
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        stage = row.get("stage", "")
        # An unnamed limit is the only one of its key.
        if (*_key(row), stage) in seen or (*_key(row), "") in seen or (not stage and _named(row, seen)):
            raise errors.LimitTwice(clock=row["clock"], category=_key(row)[1])
        seen.add((*_key(row), stage))
    climbed = [row["clock"] for row in document["ladders"]]
    for clock in climbed:
        if climbed.count(clock) > 1:
            raise errors.LimitTwice(clock=clock, category=ANY)


def _named(row: Mapping[str, Any], seen: set[tuple[str, ...]]) -> bool:
    return any(one[:-1] == _key(row) for one in seen)


def _key(row: Mapping[str, Any]) -> Key:
    return row["clock"], row.get("category", ANY), row.get("sla_class", ANY), row.get("urgency", ANY)


def _limit(row: Mapping[str, Any]) -> Limit:
    return Limit(row["amount"], Unit(row["unit"]))
