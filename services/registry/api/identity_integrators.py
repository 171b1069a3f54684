"""HTTP: outside systems. The worker brings their streams and accounts about; nothing here waits for the broker."""

from dataclasses import asdict
from typing import Any

from services.registry import passwords
from services.registry.domain import identity, identity_integrators
from services.registry.schemas import identity as schemas
from services.registry.store import identity as journal
from services.registry.store import identity_integrators as store
from shared import auth, contracts, db, http, ids
from shared.http import get, post

ADMIN = frozenset({auth.Role.ADMIN})


class IntegratorsApi:
    """Registering, listing and revoking outside systems."""

    @get("/registry/integrators", roles=ADMIN, query=http.PageQuery, answers=schemas.Integrator, page=True)
    def integrators(self, tx: db.Tx, request: http.Request) -> http.Page:
        """Outside systems that receive events of the own areas, by name."""
        cursor = request.cursor(length=1)
        items = store.integrators(
            tx,
            scopes=request.actor.scopes,
            after=str(cursor[0]) if cursor else None,
            limit=request.limit + 1,
        )
        return http.page(items, limit=request.limit, key=lambda item: [item.name])

    @post(
        "/registry/integrators",
        roles=ADMIN,
        body=schemas.NewIntegrator,
        answers=schemas.IntegratorSecrets,
        status=201,
        replays=False,
        errors=(identity_integrators.IntegratorNameTaken, identity.BeyondOwnScope),
    )
    def register_integrator(self, tx: db.Tx, request: http.Request) -> dict[str, Any]:
        """Register an outside system for event types and areas.

        Its client secret and AMQP password are shown this once. Its stream is ready, with the events of the last
        days in it, when `state` is `ready`.
        """
        body = request.body
        integrator = identity_integrators.register(
            identity_integrators.Integrator(
                integrator_id=ids.new(),
                name=body["name"],
                title=body["title"],
                event_types=tuple(body["event_types"]),
                areas=tuple(body["areas"]),
            ),
            scopes=request.actor.scopes,
            known_types=[event.type for event in contracts.all_events()],
        )
        client_secret, amqp_password = passwords.new_secret(), passwords.new_secret()
        store.add_integrator(
            tx,
            integrator,
            secret_hash=passwords.secret_hash(client_secret),
            broker_password_hash=passwords.broker_password_hash(amqp_password),
        )
        journal.note(
            tx,
            actor_id=request.actor.person_id,
            action="integrator_registered",
            subject_id=integrator.integrator_id,
            details={"event_types": integrator.event_types, "areas": integrator.areas},
        )
        request.answer_headers["Location"] = f"/api/registry/integrators/{integrator.integrator_id}"
        return {
            **asdict(integrator),
            "stream": integrator.stream,
            "client_secret": client_secret,
            "amqp_username": integrator.stream,
            "amqp_password": amqp_password,
        }

    @get("/registry/integrators/<uuid:integrator_id>", roles=ADMIN, answers=schemas.Integrator)
    def integrator(
        self, tx: db.Tx, request: http.Request, integrator_id: str
    ) -> identity_integrators.Integrator:
        """One outside system, and how far its stream is."""
        return store.integrator(tx, integrator_id, scopes=request.actor.scopes)

    @post(
        "/registry/integrators/<uuid:integrator_id>/revoke",
        roles=ADMIN,
        answers=schemas.Integrator,
        errors=(identity_integrators.IntegratorRevoked, identity.BeyondOwnScope),
    )
    def revoke_integrator(
        self, tx: db.Tx, request: http.Request, integrator_id: str
    ) -> identity_integrators.Integrator:
        """Cut an outside system off: no more tokens at once, its account and stream gone moments later."""
        before = store.integrator(tx, integrator_id, scopes=request.actor.scopes, lock=True)
        request.match(before.version)
        after = identity_integrators.revoke(before, scopes=request.actor.scopes)
        store.save_integrator(tx, after)
        journal.note(
            tx, actor_id=request.actor.person_id, action="integrator_revoked", subject_id=integrator_id
        )
        return after
