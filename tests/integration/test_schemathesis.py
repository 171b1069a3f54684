"""What the API documents promise holds for whatever is sent: no 5xx, no undocumented status, answers of the
documented shape, wrong data refused.

Examples are drawn from the documents themselves with a fixed seed: right ones, wrong ones, and with ids of things
that exist, so that requests come through to the rules. Each service runs with a database of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from services.cases.worker import Worker as CasesWorker
from services.dispatch import tabling
from services.dispatch.worker import Worker as DispatchWorker
from shared import auth, clock, contracts, db, docs, ids
from tests.support import clients, district, feeding, photos, run

EXAMPLES = 4
PROMISES = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EVERYBODY = [str(role) for role in auth.Role]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    DOCUMENTS = {service: docs.openapi(service) for service in contracts.SERVICES}
SCHEMAS = {service: schemathesis.openapi.from_dict(document) for service, document in DOCUMENTS.items()}

OPERATIONS = [
    pytest.param(service, path, method, id=f"{method.upper()} {path}")
    for service, document in DOCUMENTS.items()
    for path, methods in document["paths"].items()
    for method in methods
]


class Target:
    """A running service with what exists in it, as one caller who may do everything."""

    def __init__(self, api: clients.Api, known: dict[str, str]) -> None:
        self.url = api.url
        self.known = known
        # What a few requests use up is made anew for each operation: name of a parameter → makes it and its like.
        self.fresh: dict[str, Callable[[], dict[str, str]]] = {}
        self.token = api.token(
            roles=EVERYBODY,
            areas=[district.DISTRICT],
            department=district.MARKET,
            household=ids.new(),
            shops=[ids.new()],
            home=district.GRID,
        )


class Targets:
    """Each service, started when its first operation is tried."""

    def __init__(self, servers: run.TestRun) -> None:
        self._servers = servers
        self._started: dict[str, Target] = {}
        self._ends: list[Any] = []

    def get(self, service: str) -> Target:
        if service not in self._started:
            url = self._servers.new_database(service)
            process = self._servers.start_process(service, "api", database_url=url, amqp_url="")
            database = db.Database(url, service=service, min_size=0, max_size=2)
            self._ends += [database.close, process.kill]
            api = clients.Api(process, database, self._servers.identities)
            self._started[service] = Target(api, self._known(service, api))
            if service == "cases":
                self._started[service].fresh = self._fresh(api)
        return self._started[service]

    def _known(self, service: str, api: clients.Api) -> dict[str, str]:
        """Path parameters that name something."""
        if service == "cases":
            with feeding.feeding(api.database.url, CasesWorker) as feed:
                feed.give(*district.everything())
            report = {"words": "油烟", "place": district.IN_GRID, "category": "env.cooking_fumes"}
            reporter = api.client()
            case_id = reporter.post("/cases", json=report).json()["case_id"]
            attached = reporter.post(f"/cases/{case_id}/attachments", data=photos.photo()).json()
            return {
                "case_id": case_id,
                "attachment_id": attached["attachment_id"],
                "code": "city.street_light",
            }
        if service == "dispatch":
            from tests.integration.dispatch.conftest import reported, whistled
            from tests.integration.dispatch.test_authority import ladder_of

            case = reported()
            with feeding.feeding(api.database.url, DispatchWorker) as feed:
                feed.give(*district.departments(), case, whistled(case))
            with api.database.transaction(read_only=True) as tx:
                row = tx.execute(
                    "SELECT task_id, order_id, o.case_id FROM tasks JOIN orders o USING (order_id)"
                ).fetchone()
            assert row is not None
            known = {name: str(value) for name, value in row.items()}
            with api.database.transaction() as tx:
                while tabling.keep(tx, at=clock.now() + timedelta(days=32)):
                    pass
                ranking = tx.execute("SELECT ranking_id FROM rankings LIMIT 1").fetchone()
            assert ranking is not None
            known["ranking_id"] = str(ranking["ranking_id"])
            return known | ladder_of(api, known["ranking_id"], known["task_id"])
        return {}

    def _fresh(self, api: clients.Api) -> dict[str, Callable[[], dict[str, str]]]:
        """Rooms of cases where a few steps end what is spoken of."""
        from tests.integration.cases.conftest import World
        from tests.integration.cases.test_authority import dispute_of, meeting_of

        feed = feeding.feeding(api.database.url, CasesWorker)
        world = World(api, feed.__enter__())
        self._ends.append(lambda: feed.__exit__(None, None, None))

        def made(client: clients.Client, path: str, name: str, body: dict[str, Any]) -> dict[str, str]:
            answer = client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            return {name: answer.json()[name]}

        notice = {"area": "370102007003", "title": "通知", "words": "路灯已修复"}
        service = {"mode": "at_home", "items": ["认证"], "place": district.IN_GRID, "address": "文化东路"}
        return {
            "dispute_id": lambda: dispute_of(world),
            "meeting_id": lambda: meeting_of(world),
            "project_id": lambda: meeting_of(world),
            "notice_id": lambda: made(world.officer, "/cases/notices", "notice_id", notice),
            "appointment_id": lambda: made(world.resident, "/cases/services", "appointment_id", service),
        }

    def end(self) -> None:
        for one in self._ends:
            one()


@pytest.fixture(scope="module")
def targets(servers: run.TestRun) -> Iterator[Targets]:
    made = Targets(servers)
    yield made
    made.end()


def try_out(
    operation: Any,
    mode: GenerationMode,
    *,
    examples: int,
    url: str,
    token: str | None,
    promises: list[Any],
    path_parameters: dict[str, str] | None = None,
) -> None:
    """Draws requests and checks that the answers keep the promises."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path_parameters))
    def each(case: Any) -> None:
        if not token and case.headers:
            case.headers.pop("Authorization", None)
        case.call_and_validate(base_url=url, headers=headers, checks=promises)

    each()


@pytest.mark.parametrize(("service", "path", "method"), OPERATIONS)
def test_an_operation_keeps_what_its_document_promises(
    targets: Targets, service: str, path: str, method: str
) -> None:
    target = targets.get(service)
    operation = SCHEMAS[service][path][method.upper()]
    parameters = {parameter.name for parameter in operation.path_parameters}
    known = {name: value for name, value in target.known.items() if name in parameters}
    for name in parameters & target.fresh.keys():
        known |= {one: value for one, value in target.fresh[name]().items() if one in parameters}
    tell: dict[str, Any] = {"url": target.url, "path_parameters": known or None}

    try_out(
        operation, GenerationMode.POSITIVE, examples=EXAMPLES, token=target.token, promises=PROMISES, **tell
    )
    try_out(operation, GenerationMode.POSITIVE, examples=1, token=None, promises=PROMISES, **tell)
    if operation.body or operation.query:
        try_out(
            operation,
            GenerationMode.NEGATIVE,
            examples=EXAMPLES,
            token=target.token,
            promises=[*PROMISES, checks.negative_data_rejection],
            **tell,
        )
