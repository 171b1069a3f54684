"""Declaring a use case's method, path, roles and shapes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from shared import auth
from shared.errors import Error
from shared.http import forms
from shared.http.endpoint import Endpoint, serving

Handler = Callable[..., Any]

_ATTRIBUTE = "yiwang_route"
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """How errors are told where a standard fixes another form than RFC 9457."""

    tell: Callable[[WerkzeugRequest, Error], Response]
    # The status it is told with: a standard knows fewer.
    status: Callable[[type[Error]], int]
    # For the documentation: one of them, in a plain list, and the media types it comes in.
    schema: type[MarshmallowSchema]
    media_types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One use case as the outside sees it."""

    method: str
    # With werkzeug converters: `/cases/<uuid:case_id>/resolve`.
    path: str
    name: str
    summary: str
    description: str
    roles: auth.Access
    body: MarshmallowSchema | None
    query: MarshmallowSchema | None
    answers: MarshmallowSchema | None
    status: int
    # Demands If-Match: two people edit the same thing.
    if_match: bool
    # Errors of this use case beyond those every route may answer.
    errors: tuple[type[Error], ...]
    # Answers `page_of(answers)`.
    page: bool
    # A GET that writes (an audited reading) says so; other GETs run read-only.
    writes: bool
    # Of an answer that is no schema's, in the documentation: several where the caller chooses.
    media_types: tuple[str, ...]
    # Media types of a body that is neither JSON nor a form: the handler reads `request.raw_body`.
    raw_body: tuple[str, ...]
    # A body that may come as a form, loaded into `request.body`; forms.File for the files in it.
    form: MarshmallowSchema | None
    # The form of errors where a standard fixes another than ours.
    refusals: "Refusals | None"
    # The answer is a plain list of `answers`, as a standard wants it.
    many: bool

    @property
    def takes_files(self) -> bool:
        """True where a body may be as large as a file."""
        parts = self.form.fields.values() if self.form is not None else ()
        has_file = any(not media_type.startswith("text/") for media_type in self.raw_body)
        return has_file or any(_holds_file(part) for part in parts)

    # False where the answer holds a secret that is shown once and must not be kept: no Idempotency-Key then.
    replays: bool


def _holds_file(field: Any) -> bool:
    inner = field.inner if isinstance(field, fields.List) else field
    return isinstance(inner, forms.File)


def routes_of(service_class: type) -> list[Route]:
    """The routes a service class declares, by path and method."""
    found = [getattr(getattr(service_class, name), _ATTRIBUTE, None) for name in dir(service_class)]
    return sorted((route for route in found if route), key=lambda route: (route.path, route.method))


def _declaring(method: str) -> Callable[..., Callable[[Handler], Handler]]:
    def declare(
        path: str,
        *,
        roles: auth.Access,
        body: type[MarshmallowSchema] | None = None,
        query: type[MarshmallowSchema] | None = None,
        answers: type[MarshmallowSchema] | None = None,
        status: int = 200,
        if_match: bool = False,
        errors: tuple[type[Error], ...] = (),
        page: bool = False,
        writes: bool | None = None,
        media_type: str | Iterable[str] = JSON,
        raw_body: str | Iterable[str] = (),
        form: type[MarshmallowSchema] | None = None,
        refusals: "Refusals | None" = None,
        many: bool = False,
        replays: bool = True,
    ) -> Callable[[Handler], Handler]:
        def decorate(handler: Handler) -> Handler:
            summary, _, description = (handler.__doc__ or "").strip().partition("\n")
            if not summary:
                raise TypeError(f"{handler.__qualname__} needs a docstring: it is the summary users read")
            route = Route(
                method=method,
                path=path,
                name=handler.__name__,
                summary=summary,
                description=description.strip(),
                roles=roles,
                body=body() if body else None,
                query=query() if query else None,
                answers=answers() if answers else None,
                status=status,
                if_match=if_match,
                errors=errors,
                page=page,
                writes=method != "GET" if writes is None else writes,
                media_types=(media_type,) if isinstance(media_type, str) else tuple(media_type),
                raw_body=(raw_body,) if isinstance(raw_body, str) else tuple(raw_body),
                form=form() if form else None,
                refusals=refusals,
                many=many,
                replays=replays,
            )
            call = serving(route, handler)
            setattr(call, _ATTRIBUTE, route)
            registered: Handler = Endpoint.decorator(route)(call)
            return registered

        return decorate

    declare.__doc__ = f"""Declares a {method} use case: `handler(self, tx, request, **path)`.

    Args:
        path: begins with the service's name; ids use werkzeug converters and arrive as text.
        roles: who may; `auth.PUBLIC` needs no token, `auth.ANYONE` any valid one.
        body, query: schemas of what is read; unknown fields are refused.
        answers: schema of what is returned; None answers 204 without a body.
        if_match: demand If-Match; the handler compares with `request.match(version)`.
        page: the handler returns a `Page` of `answers`.
        media_type: of an answer that is no schema's (`Raw`, `Download`), one or several.
        raw_body: media type of a body that is neither JSON nor a form, one or several.
        form: schema of a form (with `forms.File` for its files), where one may be sent; beside a `body` or `raw_body`
            it is read from what comes as a form.
        refusals: how errors are told where a standard fixes their form; the answer is then a `Raw`.
        many: the answer is a plain list.
        replays: False keeps no answer under an Idempotency-Key, for secrets that are shown once.
    """
    return declare


get = _declaring("GET")
post = _declaring("POST")
put = _declaring("PUT")
patch = _declaring("PATCH")
delete = _declaring("DELETE")
