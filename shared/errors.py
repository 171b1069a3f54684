"""Every error the platform answers with.

    Error
    ├── Malformed 400            the request cannot be read
    ├── Unauthenticated 401      no valid token
    ├── Forbidden 403            the role does not allow it
    ├── NotFound 404             not there, or outside the caller's area and relations
    ├── Conflict 409             the state does not allow it
    ├── Stale 412                somebody changed it since it was read
    ├── TooLarge 413
    ├── Unsupported 415
    ├── Invalid 422              read, but wrong; says where
    ├── PreconditionRequired 428 send If-Match
    ├── TooMany 429              retry later
    └── Unavailable 503          a part we need is down; nothing was changed

A service names its own errors by subclassing a kind; the docstring is the sentence the user reads and
the class name in snake_case the stable `code`. Only kinds are mapped to HTTP (`shared/http.py`).
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Error(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            cls.code = _snake_case(cls.__name__)

    def __init__(self, detail: str | None = None, /, **arguments: Any) -> None:
        self.detail = detail or " ".join((type(self).__doc__ or "").split())
        self.arguments = arguments
        super().__init__(self.detail)


class Malformed(Error):
    """The request could not be read. Send well-formed JSON with the documented fields."""

    status = 400


class Unauthenticated(Error):
    """Sign in: this needs a valid bearer token."""

    status = 401


class Forbidden(Error):
    """Your role does not allow this."""

    status = 403


class NotFound(Error):
    """There is nothing here that you may see."""

    status = 404


class Conflict(Error):
    """The present state does not allow this."""

    status = 409


class Stale(Error):
    """Somebody changed this since you read it. Read it again, then repeat with its new ETag."""

    status = 412


class TooLarge(Error):
    """The request body is over the limit."""

    status = 413


class Unsupported(Error):
    """Send the body as application/json."""

    status = 415


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One wrong field. `pointer` is a JSON pointer into the body, or `?name` for a query parameter."""

    pointer: str
    code: str
    detail: str


class Invalid(Error):
    """Some fields are wrong; each is named with what it should be."""

    status = 422

    def __init__(
        self, detail: str | None = None, /, *, fields: tuple[FieldError, ...] = (), **arguments: Any
    ) -> None:
        super().__init__(detail, **arguments)
        self.fields = fields


class PreconditionRequired(Error):
    """Two people may be editing this. Read it, then send its ETag in If-Match."""

    status = 428


class TooMany(Error):
    """Too many requests; wait as long as Retry-After says."""

    status = 429

    def __init__(
        self, detail: str | None = None, /, *, retry_after_seconds: int = 1, **arguments: Any
    ) -> None:
        super().__init__(detail, **arguments)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Error):
    """A part this needs is not available now. Nothing was changed; try again shortly."""

    status = 503


def invalid(pointer: str, code: str, detail: str) -> Invalid:
    """An `Invalid` about one field."""
    return Invalid(detail, fields=(FieldError(pointer=pointer, code=code, detail=detail),))
