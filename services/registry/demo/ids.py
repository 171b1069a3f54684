"""Fixed ids of the demo world, so that services and stories can name people without asking."""

import uuid
from typing import Final

_NAMESPACE: Final = uuid.UUID("6f6b1f0e-3a55-5c0e-9d0a-1c2d3e4f5a6b")


def fixed(name: str) -> str:
    """The id of a demo person by user name, or of another demo thing by its dotted name."""
    return str(uuid.uuid5(_NAMESPACE, name))
