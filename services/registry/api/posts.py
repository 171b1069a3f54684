"""Posts, departments and responders."""

from typing import Any

from services.registry.api.areas import area_cursor
from services.registry.api.authority import ADMINS, within
from services.registry.domain import areas as area_rules
from services.registry.domain import departments, people
from services.registry.domain import posts as domain
from services.registry.schemas import posts as schemas
from services.registry.store import areas as area_store
from services.registry.store import departments as department_store
from services.registry.store import nets as net_store
from services.registry.store import people as people_store
from services.registry.store import posts as store
from services.registry.store.sql import narrowed
from shared import areas, auth, db, http, ids
from shared.bus import outbox
from shared.http import delete, get, patch, post, put


class PostsApi:
    """Use cases around posts and departments. Staff see posts of their area; administrators fill them."""

    @get("/registry/posts", roles=auth.STAFF, query=schemas.PostQuery, answers=schemas.PostView, page=True)
    def list_posts(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Open posts in the caller's area."""
        kind = request.query["kind"]
        found = store.page(
            tx,
            scopes=narrowed(request.actor.scopes, request.query["inside"]),
            kind=kind.value if kind else None,
            vacant=request.query["vacant"],
            department_id=request.query["department_id"],
            after=area_cursor(request),
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda one: [one.area, one.id])

    @get(
        "/registry/posts/<uuid:post_id>",
        roles=auth.STAFF,
        answers=schemas.PostView,
        errors=(domain.PostUnknown,),
    )
    def get_post(self, tx: db.Tx, request: http.Request, post_id: str) -> domain.Post:
        """One post."""
        return store.get(tx, post_id, scopes=request.actor.scopes)

    @get(
        "/registry/posts/<uuid:post_id>/tenures",
        roles=auth.STAFF,
        answers=schemas.TenureList,
        errors=(domain.PostUnknown,),
    )
    def list_tenures(self, tx: db.Tx, request: http.Request, post_id: str) -> dict[str, Any]:
        """Who held a post from when to when, latest first."""
        store.get(tx, post_id, scopes=request.actor.scopes)
        return {"items": store.tenures(tx, post_id)}

    @get(
        "/registry/people/<uuid:person_id>/posts",
        roles=auth.STAFF,
        answers=schemas.PostList,
        errors=(people.PersonUnknown,),
    )
    def list_posts_of_person(self, tx: db.Tx, request: http.Request, person_id: str) -> dict[str, Any]:
        """The posts a person holds now in the caller's area; all of one's own."""
        actor = request.actor
        people_store.get(tx, person_id, scopes=actor.scopes, self_id=actor.person_id)
        held = store.held_by(tx, person_id)
        is_self = person_id == actor.person_id
        return {"items": [post for post in held if is_self or actor.sees(post.area)]}

    @post(
        "/registry/posts",
        roles=ADMINS,
        body=schemas.NewPost,
        answers=schemas.PostView,
        status=201,
        errors=(
            area_rules.AreaUnknown,
            net_store.GridUnknown,
            departments.DepartmentUnknown,
            departments.DepartmentClosed,
            domain.PostMisplaced,
            domain.SeatsTaken,
        ),
    )
    def create_post(self, tx: db.Tx, request: http.Request) -> domain.Post:
        """Opens a vacant post on the first free seat of its kind."""
        body = request.body
        _existing_area(tx, within(request, body["area"]))
        if body["department_id"]:
            departments.open_department(department_store.get(tx, body["department_id"]))
        created = domain.create(
            id=ids.new(),
            area=body["area"],
            kind=body["kind"],
            seats_taken=store.seats_taken(tx, body["area"], body["kind"], body["department_id"]),
            duty_name=body["duty_name"],
            duty_phone=body["duty_phone"],
            department_id=body["department_id"],
            profession=body["profession"],
        )
        store.add(tx, created)
        request.answer_headers["Location"] = f"/api/registry/posts/{created.id}"
        return created

    @patch(
        "/registry/posts/<uuid:post_id>",
        roles=ADMINS,
        body=schemas.DutyContact,
        answers=schemas.PostView,
        if_match=True,
        errors=(domain.PostUnknown, domain.PostClosed),
    )
    def publish_contact(self, tx: db.Tx, request: http.Request, post_id: str) -> domain.Post:
        """Changes the published duty name and phone."""
        present = store.lock(tx, post_id, scopes=request.actor.scopes)
        request.match(present.version)
        changed, events = domain.publish_contact(present, **request.body)
        store.save(tx, changed)
        outbox.add(tx, events)
        return changed

    @post(
        "/registry/posts/<uuid:post_id>/assign",
        roles=ADMINS,
        body=schemas.Assignment,
        answers=schemas.PostView,
        if_match=True,
        errors=(
            domain.PostUnknown,
            people.PersonUnknown,
            domain.PostClosed,
            domain.PostHeld,
            domain.OneGridEach,
        ),
    )
    def assign_post(self, tx: db.Tx, request: http.Request, post_id: str) -> domain.Post:
        """Gives a vacant post to a person. Base force holds one grid each."""
        # The person first: two posts given to one person at once follow each other, and the rule sees both.
        person = people_store.lock(tx, str(request.body["person_id"]), scopes=request.actor.scopes)
        present = store.lock(tx, post_id, scopes=request.actor.scopes)
        request.match(present.version)
        taken, events = domain.assign(
            present,
            person_id=person.id,
            held=store.held_by(tx, person.id),
            at=db.now(tx),
            duty_name=request.body["duty_name"],
        )
        store.save(tx, taken)
        store.begin_tenure(tx, taken)
        outbox.add(tx, events)
        return taken

    @post(
        "/registry/posts/<uuid:post_id>/vacate",
        roles=ADMINS,
        body=schemas.Vacation,
        answers=schemas.PostView,
        if_match=True,
        errors=(domain.PostUnknown, domain.PostClosed, domain.PostVacant),
    )
    def vacate_post(self, tx: db.Tx, request: http.Request, post_id: str) -> domain.Post:
        """The holder leaves the post."""
        present = store.lock(tx, post_id, scopes=request.actor.scopes)
        request.match(present.version)
        left, events = domain.vacate(present)
        store.save(tx, left)
        store.end_tenure(tx, left.id, at=db.now(tx), reason=request.body["reason"])
        outbox.add(tx, events)
        return left

    @post(
        "/registry/posts/<uuid:post_id>/close",
        roles=ADMINS,
        answers=schemas.PostView,
        if_match=True,
        errors=(domain.PostUnknown, domain.PostClosed, domain.PostHeld),
    )
    def close_post(self, tx: db.Tx, request: http.Request, post_id: str) -> domain.Post:
        """Gives a vacant post up; its history stays."""
        present = store.lock(tx, post_id, scopes=request.actor.scopes)
        request.match(present.version)
        closed = domain.close(present, at=db.now(tx))
        store.save(tx, closed)
        return closed

    @get(
        "/registry/departments",
        roles=auth.PUBLIC,
        query=schemas.DepartmentQuery,
        answers=schemas.DepartmentView,
        page=True,
    )
    def list_departments(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Departments by id."""
        cursor = request.cursor(length=1)
        found = department_store.page(
            tx,
            inside=request.query["inside"],
            active=request.query["active"],
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda one: [one.id])

    @get(
        "/registry/departments/<string:department_id>",
        roles=auth.PUBLIC,
        answers=schemas.DepartmentView,
        errors=(departments.DepartmentUnknown,),
    )
    def get_department(self, tx: db.Tx, request: http.Request, department_id: str) -> departments.Department:
        """One department."""
        return department_store.get(tx, department_id)

    @post(
        "/registry/departments",
        roles=ADMINS,
        body=schemas.NewDepartment,
        answers=schemas.DepartmentView,
        status=201,
        errors=(area_rules.AreaUnknown, departments.DepartmentExists),
    )
    def add_department(self, tx: db.Tx, request: http.Request) -> departments.Department:
        """Adds a department of an area, usually a district."""
        area = area_store.get(tx, within(request, request.body["area"]))
        added, events = departments.add(area=area.code, kind=request.body["kind"], name=request.body["name"])
        department_store.add(tx, added)
        outbox.add(tx, events)
        request.answer_headers["Location"] = f"/api/registry/departments/{added.id}"
        return added

    @patch(
        "/registry/departments/<string:department_id>",
        roles=ADMINS,
        body=schemas.DepartmentChange,
        answers=schemas.DepartmentView,
        if_match=True,
        errors=(departments.DepartmentUnknown, departments.DepartmentClosed),
    )
    def change_department(
        self, tx: db.Tx, request: http.Request, department_id: str
    ) -> departments.Department:
        """Renames, closes or reopens a department."""
        changed = department_store.lock(tx, department_id, scopes=request.actor.scopes)
        request.match(changed.version)
        events: list[Any] = []
        active, name = request.body.get("active"), request.body.get("name")
        if active is True:
            changed, events = departments.reopen(changed)
        if name is not None:
            changed, more = departments.rename(changed, name=name)
            events += more
        if active is False:
            changed, more = departments.close(changed)
            events += more
        department_store.save(tx, changed)
        outbox.add(tx, events)
        return changed

    @get(
        "/registry/departments/<string:department_id>/responders",
        roles=auth.STAFF,
        query=http.PageQuery,
        answers=schemas.ResponderView,
        page=True,
    )
    def list_responders(self, tx: db.Tx, request: http.Request, department_id: str) -> http.Page:
        """Who signs for a department."""
        cursor = request.cursor(length=1)
        found = department_store.responders(
            tx,
            department_id,
            scopes=request.actor.scopes,
            after=str(cursor[0]) if cursor else None,
            most=request.limit + 1,
        )
        return http.page(found, limit=request.limit, key=lambda one: [one.person_id])

    @put(
        "/registry/departments/<string:department_id>/responders/<uuid:person_id>",
        roles=ADMINS,
        status=204,
        errors=(departments.DepartmentUnknown, departments.DepartmentClosed, people.PersonUnknown),
    )
    def add_responder(self, tx: db.Tx, request: http.Request, department_id: str, person_id: str) -> None:
        """Lets a person sign for the department. Their account's role is granted apart."""
        departments.open_department(department_store.lock(tx, department_id, scopes=request.actor.scopes))
        people_store.lock(tx, person_id, scopes=request.actor.scopes)
        department_store.add_responder(tx, department_id, person_id)

    @delete(
        "/registry/departments/<string:department_id>/responders/<uuid:person_id>",
        roles=ADMINS,
        status=204,
        errors=(departments.DepartmentUnknown, departments.ResponderUnknown),
    )
    def remove_responder(self, tx: db.Tx, request: http.Request, department_id: str, person_id: str) -> None:
        """The person no longer signs for the department."""
        department_store.lock(tx, department_id, scopes=request.actor.scopes)
        department_store.remove_responder(tx, department_id, person_id)


def _existing_area(tx: db.Tx, area: str) -> None:
    """Raises AreaUnknown, or GridUnknown for a grid that no net in force has."""
    if areas.level(area) in area_rules.KEPT_LEVELS:
        area_store.get(tx, area)
    else:
        net_store.grid_in_force(tx, area, at=db.now(tx))
