"""Makes an administrator from the command line: the first one of a deployment, or a way back in.

    python -m services.registry.first_admin --username li.min --name 李敏 --area 3701=济南市 --area 370102=历下区

Registers the areas, from the top down, as far as they are missing, and gives the person an account with the role
`admin` for the last one. With the name of an administrator there is already, that account gets the new password and
its lock-out ends. The password is taken from REGISTRY_ADMIN_PASSWORD (or the file REGISTRY_ADMIN_PASSWORD_FILE);
without one a password is made and printed. Whoever can run this has the database anyway; the journal keeps it.
"""

import argparse
import sys
from collections.abc import Sequence

from services.registry import passwords
from services.registry.domain import areas as area_rules
from services.registry.domain import identity, people
from services.registry.store import areas as area_store
from services.registry.store import identity as store
from services.registry.store import identity_sessions as sessions
from services.registry.store import people as people_store
from shared import areas, config, db, errors, ids, personal


def main(arguments: Sequence[str]) -> int:
    """Runs the command; answers the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        settings = config.load("registry", needs_personal_keys=True)
        given = config.Environment().secret("REGISTRY_ADMIN_PASSWORD", "")
        personal.use(personal.Vault(settings.personal_keys, settings.personal_index_key))
        database = db.Database(settings.database_url, service="registry", max_size=1)
        try:
            with database.transaction() as tx:
                password = given or passwords.new_secret()
                done = make(tx, username=asked.username, name=asked.name, path=asked.area, password=password)
        finally:
            database.close()
    except (config.ConfigError, errors.Error) as error:
        print(f"no administrator was made: {_said(error)}", file=sys.stderr)
        return 1
    print(f"{done} {identity.normal_username(asked.username)} for {asked.area[-1][0]}")
    if not given:
        print(f"password: {password}")
    return 0


def make(tx: db.Tx, *, username: str, name: str, path: Sequence[tuple[str, str]], password: str) -> str:
    """Makes or readmits an administrator for the last area of the path. Answers what was done, as a verb.

    Raises Invalid for a weak password, a wrong area or name, and UsernameTaken for somebody who is no administrator.
    """
    username = identity.normal_username(username)
    identity.check_password(password, username=username)
    row = store.credentials(tx, username)
    if row is not None:
        user = store.user(tx, row.user_id)
        if "admin" not in user.roles:
            raise identity.UsernameTaken()
        if not user.active:
            store.save_user(tx, identity.reopen(user, scopes=user.areas))
        store.set_password(tx, user.user_id, passwords.hashed(password))
        sessions.end_sessions_of(tx, user.user_id, reason="password")
        sessions.forgive_account(tx, username)
        store.note(tx, actor_id=None, action="admin_readmitted", subject_id=user.user_id)
        return "readmitted"
    for code, area_name in path:
        _register(tx, code=code, name=area_name)
    scope = path[-1][0]
    person = people_store.add(
        tx,
        people.Person(id=ids.new(), area=scope, name=name),
        people.numbers(phone=None, identity_number=None),
        scopes=[scope],
    )
    user = identity.checked(
        identity.User(
            user_id=ids.new(), person_id=person.id, username=username, roles=("admin",), areas=(scope,)
        )
    )
    store.add_user(tx, user, password_hash=passwords.hashed(password))
    store.note(tx, actor_id=None, action="admin_made", subject_id=user.user_id)
    return "made"


def _register(tx: db.Tx, *, code: str, name: str) -> None:
    try:
        area_store.get(tx, code)
    except area_rules.AreaUnknown:
        area_store.add(tx, area_rules.register(code=code, name=name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.registry.first_admin",
        description="Makes an administrator, or gives one a new password.",
    )
    parser.add_argument("--username", required=True, help="what they sign in with")
    parser.add_argument("--name", required=True, help="the person's name")
    parser.add_argument(
        "--area",
        required=True,
        action="append",
        type=_area,
        metavar="CODE=NAME",
        help="an area from the city down; the last one is theirs (repeat)",
    )
    return parser


def _area(text: str) -> tuple[str, str]:
    code, _, name = text.partition("=")
    if not name or not areas.is_code(code):
        raise argparse.ArgumentTypeError(f"{text!r} is not CODE=NAME, such as 370102=历下区")
    return code, name


def _said(error: Exception) -> str:
    if isinstance(error, errors.Invalid) and error.fields:
        return "; ".join(field.detail for field in error.fields)
    return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
