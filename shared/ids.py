"""Identifiers: UUIDv7 as text, so that ids made later sort later."""

import uuid_utils


def new() -> str:
    """A fresh UUIDv7 in its canonical text form."""
    return str(uuid_utils.uuid7())
