"""Secrets and what is stored of them.

People's passwords become argon2id, reckoned in a native thread so that no other request waits for them.

The parameters are OWASP's for argon2id: 19 MiB, two passes, one lane. They stand in each hash, so raising them
here strengthens a stored hash at its owner's next sign-in. In the hub itself one hash would stall every request of
the process for its whole time; in `tpool` only its caller waits.
"""

import base64
import functools
import hashlib
import secrets

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from shared import aside

_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
# Each takes 19 MiB while it runs, and more at once than there are processors only wait for each other.
_aside = aside.Aside(most_at_once=4)
# What machines sign in with: long enough that nobody can try them all, so a plain hash is safe.
_SECRET_BYTES = 32


def hashed(password: str) -> str:
    """The argon2id hash of a password, as PHC text with a fresh salt."""
    return _aside.run(_HASHER.hash, password)


def matches(password_hash: str | None, password: str) -> bool:
    """True when the password is the hash's. Takes as long when there is no hash: time must not tell who exists."""
    try:
        right = _aside.run(_HASHER.verify, password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and bool(password_hash)


def is_weak(password_hash: str) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def secret_hash(secret: str) -> bytes:
    """What is stored of a client secret."""
    return hashlib.sha256(secret.encode()).digest()


def broker_password_hash(password: str) -> str:
    """A password as RabbitMQ stores it: base64 of a 4-byte salt and SHA-256 of salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


@functools.cache
def _nobody() -> str:
    return _aside.run(_HASHER.hash, "nobody has this password")
