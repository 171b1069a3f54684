"""HTTP: accounts, kept by admins within their own areas."""

from dataclasses import replace
from typing import Any

from services.registry import passwords
from services.registry.domain import identity
from services.registry.schemas import identity as schemas
from services.registry.store import identity as store
from services.registry.store import identity_sessions as sessions
from shared import auth, db, errors, http, ids
from shared.http import get, post, put

ADMIN = frozenset({auth.Role.ADMIN})
_NAME_ERRORS = (identity.UsernameTaken, identity.PersonHasAccount, identity.IdentityTaken)


class AccountsApi:
    """Creating, changing, closing and reopening accounts."""

    @get("/registry/users", roles=ADMIN, query=schemas.UsersQuery, answers=schemas.User, page=True)
    def users(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Accounts with an area scope inside the own areas, by user name.

        Accounts of residents have no area scope; find one by its exact `username`.
        """
        query = request.query
        if query["username"] is not None:
            username = identity.normal_username(query["username"])
            found = store.user_named(tx, username, scopes=request.actor.scopes)
            return http.Page(items=[found] if found else [])
        cursor = request.cursor(length=1)
        items = store.users(
            tx,
            scopes=request.actor.scopes,
            role=query["role"],
            active=query["active"],
            after=str(cursor[0]) if cursor else None,
            limit=request.limit + 1,
        )
        return http.page(items, limit=request.limit, key=lambda item: [item.username])

    @post(
        "/registry/users",
        roles=ADMIN,
        body=schemas.NewUser,
        answers=schemas.User,
        status=201,
        errors=(*_NAME_ERRORS, identity.BeyondOwnScope),
    )
    def add_user(self, tx: db.Tx, request: http.Request) -> identity.User:
        """Give a person an account, with roles inside the own areas."""
        user = _granted(
            identity.User(user_id=ids.new(), person_id=str(request.body["person_id"]), username="", roles=()),
            request.body,
        )
        user = replace(user, place=store.place_of(tx, user.person_id))
        user = identity.grant(user, scopes=request.actor.scopes)
        _check_department(tx, user)
        password = request.body["password"]
        password_hash = _hashed(request, password, username=user.username) if password is not None else None
        store.add_user(tx, user, password_hash=password_hash)
        store.note(
            tx,
            actor_id=request.actor.person_id,
            action="user_added",
            subject_id=user.user_id,
            details=_grants(user),
        )
        request.answer_headers["Location"] = f"/api/registry/users/{user.user_id}"
        return store.user(tx, user.user_id)

    @get("/registry/users/<uuid:user_id>", roles=ADMIN, answers=schemas.User)
    def user(self, tx: db.Tx, request: http.Request, user_id: str) -> identity.User:
        """One account."""
        return store.visible_user(tx, user_id, scopes=request.actor.scopes)

    @put(
        "/registry/users/<uuid:user_id>",
        roles=ADMIN,
        body=schemas.Grants,
        answers=schemas.User,
        if_match=True,
        errors=(*_NAME_ERRORS, identity.BeyondOwnScope, identity.OwnAccount),
    )
    def change_user(self, tx: db.Tx, request: http.Request, user_id: str) -> identity.User:
        """Change what an account may do. Holds from its next refresh, within a quarter of an hour."""
        before = store.lock_user(tx, user_id, scopes=request.actor.scopes)
        request.match(before.version)
        after = identity.change(
            before,
            _granted(before, request.body),
            scopes=request.actor.scopes,
            by_person=request.actor.person_id,
        )
        _check_department(tx, after)
        store.save_user(tx, after)
        store.note(
            tx,
            actor_id=request.actor.person_id,
            action="user_changed",
            subject_id=user_id,
            details={"before": _grants(before), "after": _grants(after)},
        )
        return after

    @put(
        "/registry/users/<uuid:user_id>/password",
        roles=ADMIN,
        body=schemas.ResetPassword,
        errors=(identity.BeyondOwnScope,),
    )
    def reset_password(self, tx: db.Tx, request: http.Request, user_id: str) -> None:
        """Give an account a new password, and end its sign-ins. For people who forgot theirs."""
        user = store.lock_user(tx, user_id, scopes=request.actor.scopes)
        identity.check_inside(user, scopes=request.actor.scopes)
        password_hash = _hashed(request, request.body["password"], username=user.username)
        store.set_password(tx, user_id, password_hash)
        sessions.end_sessions_of(tx, user_id, reason="password")
        sessions.forgive_account(tx, user.username)
        store.note(tx, actor_id=request.actor.person_id, action="password_reset", subject_id=user_id)

    @post(
        "/registry/users/<uuid:user_id>/deactivate",
        roles=ADMIN,
        answers=schemas.User,
        errors=(identity.BeyondOwnScope, identity.OwnAccount),
    )
    def deactivate_user(self, tx: db.Tx, request: http.Request, user_id: str) -> identity.User:
        """Close an account: its sign-ins end now, a token it still has within a quarter of an hour."""
        before = store.lock_user(tx, user_id, scopes=request.actor.scopes)
        request.match(before.version)
        after = identity.close(before, scopes=request.actor.scopes, by_person=request.actor.person_id)
        store.save_user(tx, after)
        sessions.end_sessions_of(tx, user_id, reason="deactivated")
        store.note(tx, actor_id=request.actor.person_id, action="user_deactivated", subject_id=user_id)
        return after

    @post(
        "/registry/users/<uuid:user_id>/activate",
        roles=ADMIN,
        answers=schemas.User,
        errors=(identity.BeyondOwnScope,),
    )
    def activate_user(self, tx: db.Tx, request: http.Request, user_id: str) -> identity.User:
        """Open a closed account again, as it was."""
        before = store.lock_user(tx, user_id, scopes=request.actor.scopes)
        request.match(before.version)
        after = identity.reopen(before, scopes=request.actor.scopes)
        store.save_user(tx, after)
        store.note(tx, actor_id=request.actor.person_id, action="user_activated", subject_id=user_id)
        return after


def _granted(user: identity.User, body: dict[str, Any]) -> identity.User:
    return replace(
        user,
        username=body["username"],
        roles=tuple(body["roles"]),
        areas=tuple(body["areas"]),
        department_id=body["department"],
        shops=tuple(str(shop) for shop in body["shops"]),
        identities=tuple((entry["issuer"], entry["subject"]) for entry in body["identities"]),
    )


def _check_department(tx: db.Tx, user: identity.User) -> None:
    if user.department_id and not store.has_department(tx, user.department_id):
        raise errors.invalid("/department", "unknown_department", "There is no such department.")


def _hashed(request: http.Request, password: str, *, username: str) -> str:
    identity.check_password(password, username=username, published_allowed=request.runtime.config.is_local)
    return passwords.hashed(password)


def _grants(user: identity.User) -> dict[str, Any]:
    """What the journal keeps of an account: its authority, nothing personal."""
    return {
        "roles": user.roles,
        "areas": user.areas,
        "department": user.department_id,
        "shops": user.shops,
        "active": user.active,
    }
