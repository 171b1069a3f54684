"""The demo district: Lixia with its official divisions, a generated net and invented people (local mode only)."""

import time
from datetime import datetime

from services.registry import demo_users
from services.registry.demo import cast, divisions, force, geometry
from services.registry.demo.ids import fixed
from services.registry.demo.place import demo_place
from services.registry.domain import areas, coverage, departments, households, kinship, net, posts
from services.registry.store import areas as area_store
from services.registry.store import bulk
from services.registry.store import departments as department_store
from services.registry.store import households as household_store
from services.registry.store import kinships as kinship_store
from services.registry.store import nets as net_store
from services.registry.store import people as people_store
from shared import db, logs
from shared.bus import outbox
from shared.contracts.base import Event
from shared.contracts.registry import KinshipConfirmed, NetPublished

__all__ = ["demo_place", "load"]

log = logs.get(__name__)


def load(database: db.Database) -> None:
    """Loads the district with its events in one transaction, unless it is there already, and the demo accounts."""
    _load_district(database)
    _load_groups(database)
    # After the posts: an account's areas are those of its person's posts.
    demo_users.load(database)


def _load_district(database: db.Database) -> None:
    began = time.monotonic()
    with database.transaction() as tx:
        if area_store.names_of(tx, [divisions.DISTRICT]):
            return
        events = _load(tx, db.now(tx))
        outbox.add(tx, events)
    log.info("demo_loaded", events=len(events), seconds=round(time.monotonic() - began, 2))


def _load_groups(database: db.Database) -> None:
    """Groups of members to call, also in a district that was loaded before there were any."""
    with database.transaction() as tx:
        there = department_store.page(tx, inside=divisions.DISTRICT, active=None, after=None, most=200)
        known = {department.id for department in there}
        for member, group in cast.groups():
            if group.id in known:
                continue
            bulk.add_people(tx, [(member.person, member.numbers)])
            department_store.add(tx, group)
            department_store.add_responder(tx, group.id, member.person.id)
            outbox.add(tx, [departments.changed_event(group)])


def _load(tx: db.Tx, at: datetime) -> list[Event]:
    named = [divisions.CITY, *divisions.divisions()]
    bulk.add_areas(tx, [areas.register(code=code, name=name) for code, name in named])
    generated = geometry.generate(divisions.communities())
    _draw_outlines(tx, generated)
    events: list[Event] = []
    for subdistrict, _ in divisions.subdistricts():
        events += _publish(tx, subdistrict, generated.grids_of(subdistrict), at)
    events += _departments(tx)
    events += _people(tx, generated, at)
    return events


def _draw_outlines(tx: db.Tx, generated: geometry.Map) -> None:
    children = area_store.lock_children(tx, divisions.DISTRICT)
    drawn = coverage.outlines(
        area_store.lock(tx, divisions.DISTRICT),
        children,
        outline=generated.outlines[divisions.DISTRICT],
        children_outlines={child.code: generated.outlines[child.code] for child in children},
        source="generated",
    )
    for area in drawn:
        area_store.save(tx, area)


def _publish(tx: db.Tx, subdistrict: str, grids: list[net.Grid], at: datetime) -> list[NetPublished]:
    """A generated net goes through the same check as a drawn one."""
    draft = net.Net(
        id=fixed(f"net.{subdistrict}"),
        area=subdistrict,
        note="generated for demonstration, not surveyed",
        source="generated",
        created_at=at,
    )
    net_store.add(tx, draft)
    net_store.add_grids(tx, draft.id, grids)
    outline = area_store.get(tx, subdistrict).outline
    assert outline is not None
    published, _, events = net.publish(
        draft,
        grids,
        report=coverage.check(
            grids,
            outline=outline,
            communities=area_store.communities_of(tx, subdistrict),
            guidance=areas.DEFAULT_GUIDANCE,
        ),
        previous=None,
        names=area_store.names_inside(tx, subdistrict),
        effective_at=at,
        by=None,
        at=at,
    )
    net_store.save(tx, published)
    net_store.mark_settled(tx, published.id)
    return events


def _departments(tx: db.Tx) -> list[Event]:
    events: list[Event] = []
    for kind in departments.OFFICES:
        name = f"历下区{departments.LABELS[kind]}"
        department, added = departments.add(area=divisions.DISTRICT, kind=kind, name=name)
        department_store.add(tx, department)
        events += added
    return events


def _people(tx: db.Tx, generated: geometry.Map, at: datetime) -> list[Event]:
    communities = [code for code, _ in divisions.communities()]
    serving = force.build(generated, communities=communities, at=at)
    bulk.add_people(tx, [(one.person, one.numbers) for one in cast.everybody()])
    bulk.add_people(tx, serving.holders)
    bulk.add_posts(tx, serving.held)
    for username, kind in cast.RESPONDERS.items():
        department_store.add_responder(tx, f"{divisions.DISTRICT}-{kind}", fixed(username))
    events: list[Event] = [posts.assigned_event(post) for post in serving.held]
    for household in cast.demo_households():
        household_store.add(tx, household)
        events.append(households.changed_event(household))
    return events + _kinship(tx, at)


def _kinship(tx: db.Tx, at: datetime) -> list[KinshipConfirmed]:
    """The resident's mother, so that points deposited by one can be drawn by the other."""
    stated = kinship.register(
        id=fixed("kinship.resident.mother"),
        area=people_store.get(tx, fixed("resident"), scopes=[divisions.DISTRICT]).area,
        person_id=fixed("resident"),
        relative_id=fixed("resident.mother"),
        relation=kinship.Relation.PARENT,
        by=fixed("resident"),
        at=at,
    )
    kinship_store.add(tx, stated)
    confirmed, events = kinship.confirm(stated, by=fixed("officer"), at=at)
    kinship_store.save(tx, confirmed)
    return events
