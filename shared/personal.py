"""Personal data at rest: encrypted, searchable only by exact match, masked in every answer (domain.md §2, PIPL).

`encrypt` and `decrypt` use AES-256-GCM. The key's id stands in front of each ciphertext, so keys rotate without a
migration: new values are sealed with the first configured key, old ones open with the key that sealed them.
`blind_index` is a keyed hash: equal numbers have equal indexes, and without the key nobody can try all phone numbers.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_LONGEST_KEY_ID = 32
_MAINLAND_MOBILE = re.compile(r"(?:\+?86|0086)(1\d{10})")
_SEPARATORS = re.compile(r"[\s\-‐-―()]+")


class Unreadable(Exception):
    """The stored value was sealed with a key that is not configured, or it was changed."""


class Vault:
    """The configured keys. Keys are raw 32-byte secrets by id; the first one seals."""

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes) -> None:
        if not keys:
            raise ValueError("at least one personal data key is needed")
        for key_id, key in keys.items():
            if not (key_id.isascii() and 0 < len(key_id) <= _LONGEST_KEY_ID):
                raise ValueError(f"a key id has 1 to {_LONGEST_KEY_ID} ASCII characters")
            if len(key) != _KEY_BYTES:
                raise ValueError(f"personal data key {key_id!r} must have {_KEY_BYTES} bytes")
        if len(index_key) < _KEY_BYTES:
            raise ValueError(f"the personal data index key must have at least {_KEY_BYTES} bytes")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(keys))
        self._index_key = index_key

    def encrypt(self, plain: str) -> bytes:
        """Seals a text. Two calls give different bytes, so a column of them tells nothing."""
        header = _FORMAT + bytes([len(self._current)]) + self._current.encode("ascii")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._ciphers[self._current].encrypt(nonce, plain.encode(), header)

    def decrypt(self, sealed: bytes) -> str:
        """The text that was sealed. Raises Unreadable."""
        sealed = bytes(sealed)
        if sealed[:1] != _FORMAT or len(sealed) < 2:
            raise Unreadable("not a sealed value")
        start = 2 + sealed[1]
        header, nonce, rest = (
            sealed[:start],
            sealed[start : start + _NONCE_BYTES],
            sealed[start + _NONCE_BYTES :],
        )
        cipher = self._ciphers.get(header[2:].decode("ascii", "replace"))
        if cipher is None:
            raise Unreadable("sealed with a key that is not configured")
        try:
            return cipher.decrypt(nonce, rest, header).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable("the sealed value was changed") from error

    def blind_index(self, plain: str) -> bytes:
        """32 bytes that are equal for equal numbers, however they were typed (spaces, full width, +86)."""
        return hmac.new(self._index_key, normal(plain).encode(), hashlib.sha256).digest()

    def signature(self, purpose: str, text: str) -> str:
        """64 hexadecimal characters that only this platform can make of a text; another purpose gives others."""
        message = f"{purpose}\0{text}".encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()


def normal(plain: str) -> str:
    """A phone or identity number as it is compared: half-width, upper case, no separators, no +86."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", plain)).upper()
    mobile = _MAINLAND_MOBILE.fullmatch(text)
    return mobile[1] if mobile else text


_vault: Vault | None = None


def use(vault: Vault) -> None:
    """Sets the process's keys (`Config.personal_keys`); called once at start, before the first request."""
    global _vault
    _vault = vault


def _configured() -> Vault:
    if _vault is None:
        raise RuntimeError(
            "this process was given no personal data keys (KEEPS_PERSONAL_DATA, shared/run.py)"
        )
    return _vault


def encrypt(plain: str) -> bytes:
    """`Vault.encrypt` with the process's keys."""
    return _configured().encrypt(plain)


def decrypt(sealed: bytes) -> str:
    """`Vault.decrypt` with the process's keys."""
    return _configured().decrypt(sealed)


def blind_index(plain: str) -> bytes:
    """`Vault.blind_index` with the process's key."""
    return _configured().blind_index(plain)


def signature(purpose: str, text: str) -> str:
    """`Vault.signature` with the process's key."""
    return _configured().signature(purpose, text)


def mask_phone(phone: str) -> str:
    """`138****5678`; a landline keeps its area code and two digits: `0531*****12`; anything short is all stars."""
    digits = normal(phone)
    if len(digits) < 7:
        return "*" * len(digits)
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    kept = 4 if digits.startswith("0") and len(digits) >= 10 else 1
    return digits[:kept] + "*" * (len(digits) - kept - 2) + digits[-2:]


def mask_identity(number: str) -> str:
    """The last four characters only: enough to ask "do yours end in 123X?", no birth date, no birthplace."""
    text = normal(number)
    return "*" * max(len(text) - 4, 0) + text[-4:] if len(text) > 8 else "*" * len(text)


def mask_name(name: str) -> str:
    """The first character, a star for each other: `张**`."""
    return name[:1] + "*" * (len(name) - 1)
