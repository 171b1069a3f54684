"""Who works where, as other services are told it: roles and areas of an account, nothing of the person."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts import registry

# A role of everybody: it says nothing of work.
_RESIDENT = "resident"


@dataclass(frozen=True, kw_only=True)
class Account:
    user_id: str
    person_id: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    department_id: str | None
    active: bool
    # Where it was announced before.
    announced_area: str | None


def announce(accounts: Sequence[Account]) -> tuple[registry.StaffChanged, ...]:
    """What is told of each account; one without an area any more works nowhere."""
    return tuple(
        registry.StaffChanged(
            person_id=account.person_id,
            area=area_of(account),
            roles=tuple(role for role in account.roles if role != _RESIDENT),
            areas=account.areas,
            department_id=account.department_id,
            active=account.active and bool(account.areas),
        )
        for account in accounts
    )


def area_of(account: Account) -> str:
    """The area an account is announced in: its first one, or where it was before it lost them."""
    area = next(iter(account.areas), account.announced_area)
    assert area is not None
    return area
