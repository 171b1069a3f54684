"""Accounts: which grants make sense, and how far an admin's hand reaches."""

from dataclasses import replace

import pytest

from services.registry.domain import identity
from shared import auth, errors

WENDONG = "370102007"
ADMIN = "00000000-0000-7000-8000-00000000000a"
SOMEBODY = "00000000-0000-7000-8000-00000000000b"


def user(**changes: object) -> identity.User:
    worker = identity.User(
        user_id="00000000-0000-7000-8000-000000000001",
        person_id=SOMEBODY,
        username="somebody",
        roles=("grid_worker",),
        areas=(f"{WENDONG}001001",),
    )
    return replace(worker, **changes)  # type: ignore[arg-type]


def refused_fields(account: identity.User) -> set[str]:
    with pytest.raises(errors.Invalid) as refused:
        identity.checked(account)
    return {field.pointer for field in refused.value.fields}


def test_the_rules_know_the_same_staff_roles_as_the_tokens() -> None:
    assert {role.value for role in auth.STAFF} == identity.ROLES_WITH_AREA
    named = identity.ROLES_WITH_AREA | identity.ROLES_WITH_DEPARTMENT | identity.ROLES_WITH_SHOP
    assert named | identity.ROLES_NOT_GRANTED | identity.ROLES_THAT_MAY_HAVE_AREA <= {
        role.value for role in auth.Role
    }


@pytest.mark.parametrize("role", sorted(identity.ROLES_WITH_AREA - identity.ROLES_WITH_DEPARTMENT))
def test_staff_need_an_area(role: str) -> None:
    assert identity.checked(user(roles=(role,))).areas
    assert refused_fields(user(roles=(role,), areas=())) == {"/areas"}


def test_a_resident_has_no_area_scope() -> None:
    assert identity.checked(user(roles=("resident",), areas=())).areas == ()
    assert refused_fields(user(roles=("resident",))) == {"/areas"}


def test_property_may_have_an_area_or_none() -> None:
    assert identity.checked(user(roles=("property",)))
    assert identity.checked(user(roles=("property",), areas=()))


def test_a_responder_needs_a_department_that_serves_the_area() -> None:
    responder = user(roles=("responder",), areas=("370102",))

    assert refused_fields(responder) == {"/department"}
    assert identity.checked(replace(responder, department_id="370102-ecology"))
    assert refused_fields(replace(responder, department_id="370103-ecology")) == {"/department"}


def test_a_shopkeeper_needs_a_shop_and_nobody_else_has_one() -> None:
    assert refused_fields(user(roles=("shopkeeper",), areas=())) == {"/shops"}
    assert refused_fields(user(shops=(ADMIN,))) == {"/shops"}


def test_nobody_is_an_integrator_and_everybody_has_a_role() -> None:
    assert refused_fields(user(roles=("grid_worker", "integrator"))) == {"/roles"}
    assert refused_fields(user(roles=(), areas=())) == {"/roles"}


def test_every_wrong_field_is_named_at_once() -> None:
    assert refused_fields(user(roles=("responder", "shopkeeper"), areas=())) == {
        "/areas",
        "/department",
        "/shops",
    }


def test_an_admin_grants_inside_the_own_scope_only() -> None:
    assert identity.grant(user(), scopes=[WENDONG])
    assert identity.grant(user(areas=(WENDONG,)), scopes=[WENDONG])
    with pytest.raises(identity.BeyondOwnScope):
        identity.grant(user(areas=("370102",)), scopes=[WENDONG])
    with pytest.raises(identity.BeyondOwnScope):
        identity.grant(user(areas=(WENDONG, "370102008")), scopes=[WENDONG])


def test_an_admin_gives_no_account_to_a_person_registered_elsewhere() -> None:
    assert identity.grant(user(place="370102007003001"), scopes=[WENDONG])
    with pytest.raises(identity.BeyondOwnScope):
        identity.grant(user(areas=(WENDONG,), place="370102008001001"), scopes=[WENDONG])


def test_an_account_whose_person_moved_away_can_still_be_closed() -> None:
    moved = user(areas=(WENDONG,), place="370102008001001")

    assert not identity.close(moved, scopes=[WENDONG], by_person=ADMIN).active


def test_an_admin_cannot_take_people_away_from_a_neighbour() -> None:
    theirs = user(areas=("370102008",))

    with pytest.raises(identity.BeyondOwnScope):
        identity.change(theirs, user(), scopes=[WENDONG], by_person=ADMIN)
    with pytest.raises(identity.BeyondOwnScope):
        identity.close(theirs, scopes=[WENDONG], by_person=ADMIN)


def test_an_account_without_scope_belongs_to_where_the_person_lives() -> None:
    resident = user(roles=("resident",), areas=(), place="370102008001001")

    assert not identity.touches(resident, [WENDONG])
    assert identity.touches(resident, ["370102"])
    assert identity.touches(replace(resident, place=None), [WENDONG])
    with pytest.raises(identity.BeyondOwnScope):
        identity.grant(resident, scopes=[WENDONG])


def test_nobody_changes_their_own_authority() -> None:
    me = user(person_id=ADMIN, roles=("admin",), areas=(WENDONG,))

    with pytest.raises(identity.OwnAccount):
        identity.change(me, replace(me, roles=("admin", "supervisor")), scopes=[WENDONG], by_person=ADMIN)
    with pytest.raises(identity.OwnAccount):
        identity.close(me, scopes=[WENDONG], by_person=ADMIN)
    assert identity.change(me, replace(me, username="me"), scopes=[WENDONG], by_person=ADMIN).username == "me"


def test_every_change_counts_the_version() -> None:
    closed = identity.close(user(version=4), scopes=[WENDONG], by_person=ADMIN)

    assert (closed.version, closed.active) == (5, False)
    assert identity.reopen(closed, scopes=[WENDONG]) == replace(closed, active=True, version=6)


@pytest.mark.parametrize(
    ("password", "good"),
    [("123456789", False), ("abcdefghij", True), ("x" * 256, False), ("ab1!" * 64, True), ("ab1!" * 64 + "a", False),
     ("aaaaaaaaaaaa", False), ("Somebody.Else", False), ("yiwang-demo", False), ("和平路第三社区网格员", True)],
)  # fmt: skip
def test_passwords(password: str, good: bool) -> None:
    if good:
        identity.check_password(password, username="somebody.else")
    else:
        with pytest.raises(errors.Invalid):
            identity.check_password(password, username="somebody.else")


def test_user_names_are_compared_without_case_width_or_surrounding_space() -> None:
    assert identity.normal_username("  Ｗorker.A ") == "worker.a"
