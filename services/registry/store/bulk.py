"""Many rows at once, each concept in one statement: for loading a district."""

from collections.abc import Sequence

from services.registry.domain import areas, people, posts
from services.registry.store.sql import queries
from shared import db, personal


def add_areas(tx: db.Tx, added: Sequence[areas.Area]) -> None:
    """Areas without outlines, from the city downward."""
    queries.add_areas(
        tx,
        codes=[area.code for area in added],
        levels=[area.level.value for area in added],
        parents=[area.parent for area in added],
        names=[area.name for area in added],
    )


def add_people(tx: db.Tx, added: Sequence[tuple[people.Person, people.Numbers]]) -> None:
    """People with sealed numbers."""
    phones = [numbers.phone for _, numbers in added]
    identity_numbers = [numbers.identity_number for _, numbers in added]
    queries.add_people(
        tx,
        ids=[person.id for person, _ in added],
        areas=[person.area for person, _ in added],
        names=[person.name for person, _ in added],
        phones=[personal.encrypt(phone) if phone else None for phone in phones],
        phone_indexes=[personal.blind_index(phone) if phone else None for phone in phones],
        identity_numbers=[personal.encrypt(number) if number else None for number in identity_numbers],
        identity_number_indexes=[
            personal.blind_index(number) if number else None for number in identity_numbers
        ],
        permanent_residents=[person.permanent_resident for person, _ in added],
    )


def add_posts(tx: db.Tx, added: Sequence[posts.Post]) -> None:
    """Held posts, and the beginning of each holder's time."""
    queries.add_posts(
        tx,
        ids=[post.id for post in added],
        areas=[post.area for post in added],
        kinds=[post.kind.value for post in added],
        seats=[post.seat for post in added],
        department_ids=[post.department_id for post in added],
        professions=[post.profession.value if post.profession else None for post in added],
        duty_names=[post.duty_name for post in added],
        duty_phones=[post.duty_phone for post in added],
        person_ids=[post.person_id for post in added],
        assigned_at=[post.assigned_at for post in added],
        versions=[post.version for post in added],
    )
