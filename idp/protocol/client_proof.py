"""How a client says who it is in the back channel: read from its request, not yet believed.

Three ways are read: a signed assertion (RFC 7523), a secret in the body and a secret in the
`Authorization` header (RFC 6749 section 2.3.1). One request uses one of them.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from idp.protocol.errors import TokenError

NO_METHOD: Final = "Invalid token authentication method used"
_SCHEME: Final = "basic "
# What databases and headers choke on.
_UNSTORABLE: Final = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """What stood in an `Authorization: Basic` header. An unreadable one is nobody's: empty."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProof:
    """What a request holds to authenticate its client by. Absent or empty parameters are None.

    `faults` says in words what of the request could not be read.
    """

    client_id: str | None
    client_secret: str | None
    client_assertion: str | None
    client_assertion_type: str | None
    basic: BasicCredentials | None = None
    faults: tuple[str, ...] = ()


def read_basic(header: str) -> BasicCredentials | None:
    """Read an `Authorization` header; None when it is of another scheme or absent.

    Id and secret are form-encoded one by one before they are joined (RFC 6749 section 2.3.1), so
    an id that holds a colon cannot be taken for another id.
    """
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    try:
        joined = b64decode(header[len(_SCHEME) :].strip(), validate=True).decode()
        client_id, colon, secret = joined.partition(":")
        name = unquote_plus(client_id, errors="strict")
        word = unquote_plus(secret, errors="strict")
    except (NotBase64, ValueError):
        return BasicCredentials("", "")
    if not colon or _UNSTORABLE.search(name) or _UNSTORABLE.search(word):
        return BasicCredentials("", "")
    return BasicCredentials(name, word)


def the_request_could_be_read(request: ClientProof) -> None:
    """No parameter was doubled or holds control characters (RFC 6749 section 3.2)."""
    if request.faults:
        raise TokenError("invalid_request", "Invalid request", detail="; ".join(request.faults))


def the_client_authenticates(request: ClientProof) -> None:
    """There is one whole assertion or one whole secret, not both (RFC 6749 section 2.3).

    Beside a secret in the header the body may repeat the same `client_id`, and nothing else.
    """
    assertion = request.client_assertion is not None and request.client_assertion_type is not None
    secret = request.client_id is not None and request.client_secret is not None
    if request.basic is None:
        one = assertion != secret
    else:
        in_body = (request.client_secret, request.client_assertion, request.client_assertion_type)
        one = in_body == (None, None, None) and request.client_id in (None, request.basic.client_id)
    if not one:
        raise TokenError("invalid_request", NO_METHOD)
