"""The rules that only a request object has to pass, one function each (RFC 9101 section 6).

`checks` puts them in order, with those of `authorization_rules` for the request inside.
"""

from __future__ import annotations

from idp.protocol.authorization_rules import CODE, INVALID
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.parameters import MISSING_OUTSIDE
from idp.protocol.request_object import RequestObject, Signature

LONGEST_LOGIN_HINT = 256


def the_client_is_named(arrived: RequestObject, _client: ClientPolicy | None) -> None:
    """Without a name beside the object nobody knows whose key to try."""
    if arrived.outer.client_id is None:
        faults = "; ".join(arrived.outer.faults)
        raise Refused.on_page("Request is missing parameters", detail=faults)


def the_request_around_it_could_be_read(
    arrived: RequestObject, client: ClientPolicy | None
) -> None:
    """What stands beside the object is a whole request, and the object no assertion.

    A client that RFC 9101 is enough for may leave everything but its name to the object. Told to
    the client where the address beside the object is registered for it, and the mode offered.
    """
    may_stand_alone = client is not None and client.request_object_alone
    faults = [
        fault
        for fault in arrived.outer.faults
        if not (may_stand_alone and fault in MISSING_OUTSIDE)
    ]
    if arrived.signature is Signature.UNREADABLE:
        faults.append("the request object cannot be read")
    if client is not None and arrived.subject == client.client_id:
        faults.append("the request object is made like a client assertion")
    if not faults:
        return
    detail = "; ".join(faults)
    if client is None or arrived.outer.redirect_uri not in client.redirect_uris:
        raise Refused.on_page(INVALID, detail=detail)
    if arrived.outer.response_mode not in (None, *client.response_modes):
        raise Refused.on_page(INVALID, detail=detail)
    raise Refused.to_client("invalid_request", INVALID, detail=detail).answering(arrived.outer)


def the_object_is_signed(arrived: RequestObject, _client: ClientPolicy | None) -> None:
    """`alg: none` says nothing about who wrote it (RFC 9101 section 10.8)."""
    if arrived.signature is Signature.UNSIGNED:
        raise Refused.on_page(INVALID, detail="the request object is not signed")


def the_clients_keys_can_be_had(arrived: RequestObject, _client: ClientPolicy | None) -> None:
    """The key that the object names can be looked up."""
    if arrived.signature is Signature.NO_KEYS:
        raise Refused.on_page(
            "Unexpected server error",
            error="server_error",
            detail="the client's keys cannot be had",
            status=500,
        )


def the_signature_is_the_clients(arrived: RequestObject, _client: ClientPolicy | None) -> None:
    """The client wrote the object, and nobody changed it."""
    if arrived.signature is not Signature.VALID:
        raise Refused.on_page("Trust chain validation failed", detail="signature")


def the_object_is_in_time(arrived: RequestObject, _client: ClientPolicy | None) -> None:
    """It has begun to count and has not expired."""
    if not arrived.in_time:
        raise Refused.on_page(INVALID, detail="exp or nbf of the request object")


def the_response_type_around_it_is_code(arrived: RequestObject, client: ClientPolicy) -> None:
    """The response type stands beside the object too (OIDC Core section 6.1)."""
    beside = arrived.outer.response_type
    if beside != CODE and not (beside is None and client.request_object_alone):
        raise Refused.to_client("unsupported_response_type", "Unsupported response type")


def the_scopes_around_it_are_registered(arrived: RequestObject, client: ClientPolicy) -> None:
    """So do scopes, which need not be the same but must be the client's."""
    if not client.scopes.issuperset(arrived.outer.scopes):
        raise Refused.to_client("invalid_scope", "Invalid, unknown or malformed scope")


def the_client_inside_is_the_one_outside(arrived: RequestObject, _client: ClientPolicy) -> None:
    """The object names the client that sends it (RFC 9101 section 5)."""
    if arrived.request.client_id != arrived.outer.client_id:
        raise Refused.to_client("unauthorized_client", "Unauthorized client", detail="client_id")


def it_holds_no_other_request(arrived: RequestObject, _client: ClientPolicy) -> None:
    """No request object inside a request object (RFC 9101 section 4)."""
    if arrived.nested:
        raise Refused.to_client("invalid_request", INVALID, detail="a request object inside")


def it_is_meant_for_us(arrived: RequestObject, client: ClientPolicy) -> None:
    """Its audience is our authorization endpoint, or the issuer where RFC 9101 is enough."""
    if not (arrived.for_endpoint or (client.request_object_alone and arrived.for_issuer)):
        raise Refused.to_client(
            "access_denied", "Access denied by resource owner or authorization server", detail="aud"
        )


def its_issuer_is_the_client(arrived: RequestObject, client: ClientPolicy) -> None:
    """Whoever signed it says so."""
    if arrived.issuer != client.client_id:
        raise Refused.to_client("unauthorized_client", "Unauthorized client", detail="iss")


def its_languages_are_language_tags(arrived: RequestObject, _client: ClientPolicy) -> None:
    """Unknown languages are ignored; what is no tag at all is told (RFC 5646)."""
    if "ui_locales" in arrived.request.senseless:
        raise Refused.to_client("invalid_request", "ui_locales parameter is invalid")


def its_max_age_is_a_number(arrived: RequestObject, _client: ClientPolicy) -> None:
    """An age is an integer, or a text of one."""
    if "max_age" in arrived.request.senseless:
        raise Refused.to_client("invalid_request", "Max age could not be parsed to an integer")


def its_login_hint_is_short(arrived: RequestObject, _client: ClientPolicy) -> None:
    """No address is longer."""
    hint = arrived.request.login_hint
    if hint is not None and len(hint) > LONGEST_LOGIN_HINT:
        raise Refused.to_client("invalid_request", "login_hint parameter is invalid")
