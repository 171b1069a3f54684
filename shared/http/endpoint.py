"""Serving one request: the order of things around every use case.

authenticate → role → read and validate → claim the Idempotency-Key (busy is 409) → replay a stored answer →
handler → serialise → store the answer → commit → send. All in one transaction, which the handler gets as `tx`.
"""

import functools
import json
import os
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import eventlet
from nameko.web.handlers import HttpRequestHandler
from werkzeug.routing import Rule
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from shared import auth, errors, logs, metrics, trace
from shared.http import forms, idempotency, problems, reading
from shared.http.schemas import Schema, decode_cursor, encode_cursor
from shared.http.server import Server
from shared.runtime import Runtime

if TYPE_CHECKING:
    from shared.http.routes import Route

log = logs.get(__name__)

_NO_FIELDS = Schema()
# The form around a file.
_AROUND_FILE_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024


class TookTooLong(errors.Unavailable):
    """The answer took too long and was given up. Nothing was changed; try again."""


class _TookTooLong(BaseException):
    """Raised into the greenlet; not an Exception, so that nothing on the way takes it for its own failure."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list. `total` counts the whole list where the use case counts it, perhaps capped."""

    items: list[Any]
    next_cursor: str | None = None
    total: int | None = None
    total_is_capped: bool = False


def page(rows: list[Any], *, limit: int, key: Callable[[Any], list[Any]]) -> Page:
    """A page from a query that was asked for `limit + 1` rows; `key` gives a row's sort values for the cursor."""
    shown = rows[:limit]
    return Page(items=shown, next_cursor=encode_cursor(key(shown[-1])) if len(rows) > limit else None)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """An answer that is no schema's: a file, a document of another media type."""

    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True, kw_only=True)
class Download:
    """An answer too large for memory: a file that is sent piece by piece after the commit and then closed.

    It is whole before the first byte leaves, so a failure while it is made is an error answer and never half a file,
    and a slow reader holds no connection to the database. A temporary file is gone when it is closed.
    """

    # Open for reading in binary mode; sent from its beginning.
    file: BinaryIO
    content_type: str
    # What it is called when kept; also Chinese.
    name: str
    # "inline" for what a browser shows by itself.
    disposition: Literal["attachment", "inline"] = "attachment"
    headers: dict[str, str] = field(default_factory=dict)


class NotYours(errors.NotFound):
    """There is nothing of yours here."""


@dataclass(kw_only=True)
class Request:
    """What a handler gets to know of the request."""

    # None only on public routes without a token.
    actor: auth.Actor
    body: dict[str, Any]
    query: dict[str, Any]
    if_match: int | None
    idempotency_key: str | None
    raw_body: bytes
    # What a repetition under the same Idempotency-Key is compared by.
    compared_body: bytes
    http: WerkzeugRequest
    runtime: Runtime
    # Set by a handler; become headers of the answer.
    answer_headers: dict[str, str] = field(default_factory=dict)
    # (name, value, options) of cookies a handler sets; see werkzeug's `Response.set_cookie`.
    answer_cookies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_anonymous(self) -> bool:
        return self.actor is None

    @property
    def limit(self) -> int:
        """How many items a page may hold; routes with a PageQuery only."""
        limit: int = self.query["limit"]
        return limit

    def cursor(self, *, length: int) -> list[Any] | None:
        """The sort values of the page before, or None on the first."""
        return decode_cursor(self.query["cursor"], length=length)

    def match(self, version: int) -> None:
        """Raises Stale when If-Match names another version than the locked row's."""
        if self.if_match is not None and self.if_match != version:
            raise errors.Stale(version=version)


class Endpoint(HttpRequestHandler):  # type: ignore[misc]
    """nameko's HTTP entrypoint for a declared route."""

    server = Server()

    def __init__(self, route: "Route", **options: Any) -> None:
        self.route = route
        super().__init__(route.method, route.path, **options)

    def get_url_rule(self) -> Rule:
        return Rule(self.route.path, methods=[self.route.method])

    def get_entrypoint_parameters(self, request: Any) -> tuple[tuple[Any, ...], dict[str, str]]:
        runtime: Runtime = self.container.config["runtime"]
        path = {name: str(value) for name, value in request.path_values.items()}
        return (request, runtime), path

    def response_from_exception(self, exc: Exception) -> Response:
        # The use case answers its own errors; what arrives here never began, as when the process is stopping.
        log.warning("request_refused", route=self.route.path, error=type(exc).__name__)
        return problems.response(errors.Unavailable())

    def stop(self) -> None:
        # Stop accepting, then let requests under way finish: nameko would cut them before their commit.
        self.server.drain()
        super().stop()


def serving(route: "Route", handler: Callable[..., Any]) -> Callable[..., Response]:
    """Wraps a handler so that it answers a raw request; never raises."""

    @functools.wraps(handler)
    def serve(service: Any, http: WerkzeugRequest, runtime: Runtime, **path: str) -> Response:
        started = time.perf_counter()
        traceparent = trace.begin(http.headers.get("traceparent"))
        trace_id = trace.trace_id(traceparent)
        try:
            with eventlet.Timeout(runtime.config.longest_request_seconds, _TookTooLong()):
                answer = _serve(route, handler, service, http, runtime, path)
        except _TookTooLong:
            log.warning("request_abandoned", route=route.path, method=route.method)
            answer = _refusal(route, http, TookTooLong(), trace_id)
        except errors.Error as error:
            answer = _refusal(route, http, error, trace_id)
        except Exception:
            log.exception("request_failed", route=route.path, method=route.method)
            answer = _refusal(route, http, problems.Unexpected(), trace_id)
        seconds = time.perf_counter() - started
        metrics.http_requests_total.labels(route.method, route.path, str(answer.status_code)).inc()
        metrics.http_request_seconds.labels(route.method, route.path).observe(seconds)
        if route.writes:
            log.info(
                "request",
                use_case=route.name,
                status=answer.status_code,
                milliseconds=round(seconds * 1000, 1),
                **path,
            )
        answer.headers["X-Trace-Id"] = trace_id
        return answer

    return serve


def _refusal(route: "Route", http: WerkzeugRequest, error: errors.Error, trace_id: str) -> Response:
    # Tokens are none of a standard's business, and so is the refusal of a bad one.
    if route.refusals is None or isinstance(error, errors.Unauthenticated):
        return problems.response(error, trace=trace_id)
    return problems.marked(route.refusals.tell(http, error), error)


def _serve(
    route: "Route",
    handler: Callable[..., Any],
    service: Any,
    http: WerkzeugRequest,
    runtime: Runtime,
    path: dict[str, str],
) -> Response:
    actor = _authenticated(route, http, runtime)
    raw = reading.body_bytes(http, limit=_body_limit(route, runtime)) if route.method != "GET" else b""
    body, compared = _body(route, http, raw)
    request = Request(
        actor=actor,  # type: ignore[arg-type]  # None on public routes only, whose handlers know
        body=body,
        query=reading.query(http.args, route.query) if route.query else _no_query(http),
        if_match=reading.if_match(http),
        idempotency_key=reading.idempotency_key(http),
        raw_body=raw,
        compared_body=compared,
        http=http,
        runtime=runtime,
    )
    if route.if_match and "If-Match" not in http.headers:
        raise errors.PreconditionRequired()
    with runtime.database.transaction(read_only=not route.writes) as tx:
        key = _key(route, request, path)
        if key:
            earlier = idempotency.claim(tx, key)
            if earlier:
                return earlier
        result = handler(service, tx, request, **path)
        answer = _answer(route, request, result)
        # A file is too large to keep: asked again, it is made again.
        if key and not answer.is_streamed:
            idempotency.keep(tx, key, answer)
    return answer


def _body_limit(route: "Route", runtime: Runtime) -> int:
    if not route.takes_files:
        return runtime.config.body_limit_bytes
    return max(runtime.config.body_limit_bytes, runtime.config.files.limit_bytes + _AROUND_FILE_BYTES)


def _authenticated(route: "Route", http: WerkzeugRequest, runtime: Runtime) -> auth.Actor | None:
    authorization = http.headers.get("Authorization")
    if route.roles is auth.PUBLIC and not authorization:
        return None
    actor = runtime.authenticator.authenticate(authorization)
    if not auth.permits(route.roles, actor):
        raise errors.Forbidden()
    return actor


def _body(route: "Route", http: WerkzeugRequest, raw: bytes) -> tuple[dict[str, Any], bytes]:
    """The fields of the body, and what a repetition of it is compared by."""
    if route.form is not None and (forms.is_form(http) or not (route.body or route.raw_body)):
        form = forms.form_body(http, raw, route.form)
        return form.values, form.fingerprint
    if route.body is not None:
        return reading.json_body(http, raw, route.body), raw
    if raw and not route.raw_body:
        # What takes no fields refuses every field, as elsewhere an unknown one.
        reading.json_body(http, raw, _NO_FIELDS)
    return {}, raw


def _no_query(http: WerkzeugRequest) -> dict[str, Any]:
    unknown = next(iter(http.args), None)
    if unknown is not None:
        raise errors.invalid(f"?{unknown}", "unknown", "This takes no such parameter.")
    return {}


def _key(route: "Route", request: Request, path: dict[str, str]) -> idempotency.Key | None:
    if not (request.idempotency_key and request.actor and route.writes and route.replays):
        return None
    return idempotency.Key(
        actor=request.actor.person_id,
        route=f"{route.method} {route.path}",
        key=request.idempotency_key,
        fingerprint=idempotency.fingerprint(
            route.method,
            json.dumps([request.http.full_path, path]),
            request.compared_body,
            request.if_match,
            authority=request.actor.authority,
        ),
    )


def _answer(route: "Route", request: Request, result: Any) -> Response:
    if isinstance(result, Download):
        answer = _sending(result, route.status)
    elif isinstance(result, Raw):
        answer = Response(result.body, status=result.status or route.status, content_type=result.content_type)
        for name, value in result.headers.items():
            answer.headers[name] = value
    elif route.answers is None:
        answer = Response(status=204)
    else:
        payload, version = _payload(route, result)
        answer = Response(
            json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
            status=route.status,
            content_type="application/json",
        )
        if version is not None:
            answer.headers["ETag"] = f'"{version}"'
    answer.headers.setdefault("Cache-Control", "no-store")
    for name, value in request.answer_headers.items():
        answer.headers[name] = value
    for cookie in request.answer_cookies:
        answer.set_cookie(**cookie)
    return answer


def _sending(download: Download, status: int) -> Response:
    """The answer that sends a file."""
    file = download.file
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    answer = Response(
        iter(lambda: file.read(_PIECE_BYTES), b""),
        status=status,
        content_type=download.content_type,
    )
    answer.call_on_close(file.close)
    answer.headers["Content-Length"] = str(length)
    name = urllib.parse.quote(download.name, safe="")
    answer.headers["Content-Disposition"] = f"{download.disposition}; filename*=UTF-8''{name}"
    # A browser must not take a file for what it is not said to be.
    answer.headers["X-Content-Type-Options"] = "nosniff"
    for header, value in download.headers.items():
        answer.headers[header] = value
    return answer


def _payload(route: "Route", result: Any) -> tuple[Any, int | None]:
    assert route.answers is not None
    if isinstance(result, Page):
        page: dict[str, Any] = {
            "items": route.answers.dump(result.items, many=True),
            "next_cursor": result.next_cursor,
        }
        if result.total is not None:
            page |= {"total": result.total, "total_is_capped": result.total_is_capped}
        return page, None
    version = result.get("version") if isinstance(result, dict) else getattr(result, "version", None)
    return route.answers.dump(result), version if isinstance(version, int) else None
