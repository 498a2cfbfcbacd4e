"""Attacks on signed tokens, wherever the provider reads one."""

import json
from typing import Any

from tests.auth_flows import jose
from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.assertions import another_key
from tests.auth_flows.places import ACCESS, ASSERTION, HINT, REQUEST, Place, is_refused, places
from tests.auth_flows.probe import Probe
from tests.auth_flows.traps import Trap, trap
from tests.auth_flows.verdicts import NotTried

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NOT_SIGNED_BY_US = "tokens that the provider signs, where only it could make the change"


@attack("JWT-01", fix="Name the algorithms that are accepted, and never none among them.")
def unsigned_tokens(probe: Probe) -> None:
    for place in places(probe):
        header, claims = place.make()
        for none in ("none", "None", "NONE", "nOnE", "", "none "):
            token = jose.compact(header | {"alg": none}, claims, jose.unsigned)
            is_refused(probe, place, token, f"alg={none!r}, unsigned")
        bare = jose.compact({"alg": "none"}, claims, jose.unsigned)
        is_refused(probe, place, bare, "alg=none alone, unsigned")
        is_refused(probe, place, bare.rstrip("."), "the same without the last dot")


@attack("JWT-02", fix="Take the algorithm from the key, never from the token.")
def public_key_as_secret(probe: Probe) -> None:
    for place in places(probe):
        if place.public is None:
            continue
        header, claims = place.make()
        for form, secret in jose.as_secrets(place.public).items():
            token = jose.compact(header | {"alg": "HS256"}, claims, jose.by_secret(secret))
            is_refused(probe, place, token, f"HS256 by the public key as {form}")


@attack("JWT-03", fix="Look keys up in the registration, by nothing of the header but kid.",
        left_out="addresses that the provider reaches and this machine does not")  # fmt: skip
def key_in_the_header(probe: Probe) -> None:
    key = another_key()
    jwk = jose.as_jwk(jose.public_half(key)) | {"kid": "evil", "use": "sig", "alg": "ES256"}
    chain = [jose.certificate(key)]
    with trap({"keys": [jwk | {"x5c": chain}]}) as trapped:
        for place in places(probe):
            _pointing(probe, place, trapped, key, {"jwk": jwk, "x5c": chain})


def _pointing(probe: Probe, place: Place, trapped: Trap, key: str, inside: dict[str, Any]) -> None:
    header, claims = place.make()
    heads: dict[str, Any] = {name: {name: value} for name, value in inside.items()}
    heads["jwk and its kid"] = {"jwk": inside["jwk"], "kid": "evil"}
    for name in ("jku", "x5u"):
        heads[name] = {name: f"{trapped.url}/{name}", "kid": "evil"}
    before = trapped.calls
    for words, more in heads.items():
        token = jose.compact(header | {"alg": "ES256"} | more, claims, jose.by_key(key))
        is_refused(probe, place, token, f"the attacker's key, found by {words}")
    for kid in ("../../../../dev/null", "/dev/null", "' UNION SELECT '", "", "\x00"):
        guessed = header | {"alg": "HS256", "kid": kid}
        token = jose.compact(guessed, claims, jose.by_secret(b""))
        is_refused(probe, place, token, f"kid={kid!r}, signed with nothing")
    probe.expect(
        trapped.calls == before,
        place.present(place.good_token()),
        tried=f"{place.name}: addresses of keys in its header",
        wanted="nobody calls there",
    )


@attack("JWT-04", fix="Refuse every critical extension that is not understood.",
        left_out=NOT_SIGNED_BY_US)  # fmt: skip
def critical_headers(probe: Probe) -> None:
    _signed_by_us(probe)
    for place in places(probe):
        if not place.key:
            continue
        critical: tuple[dict[str, Any], ...] = (
            {"crit": ["bork"], "bork": True},
            {"crit": ["bork"]},
            {"crit": []},
            {"crit": "bork", "bork": True},
            {"crit": ["exp"], "exp": 1},
        )
        for more in critical:
            header, claims = place.make()
            is_refused(probe, place, place.signed(header | more, claims), f"{json.dumps(more)}")


def _signed_by_us(probe: Probe) -> None:
    if not probe.clients_by("private_key_jwt"):
        raise NotTried("no client of the target file has a key to sign with")


@attack("JWT-05", fix="Give each kind of token its own type, and look at it.",
        left_out="logout tokens; " + NOT_SIGNED_BY_US)  # fmt: skip
def another_kind(probe: Probe) -> None:
    found = {place.name: place for place in places(probe)}
    hint, access = found.get(HINT), found.get(ACCESS)
    tokens = probe.redeem(probe.grant()).json
    id_token, access_token = (str(tokens.get(name)) for name in ("id_token", "access_token"))
    if hint:
        is_refused(probe, hint, access_token, "an access token")
        answer = probe.userinfo(id_token)
        probe.expect(
            answer.status in (400, 401),
            answer,
            tried="an ID token as access token",
            wanted="401",
        )
    if access:
        typ = jose.header_of(access.good).get("typ", "")
        probe.expect(
            str(typ).lower().removeprefix("application/") == "at+jwt",
            access.present(access.good),
            tried="the type in the header of an access token",
            wanted=f"at+jwt, not {typ!r}",
        )
    for name, kinds in (
        (ASSERTION, ("oauth-authz-req+jwt", "at+jwt", "logout+jwt", "dpop+jwt")),
        (REQUEST, ("client-authentication+jwt", "at+jwt", "logout+jwt", "dpop+jwt")),
    ):
        place = found.get(name)
        for kind in kinds if place else ():
            assert place is not None
            header, claims = place.make()
            token = place.signed(header | {"typ": kind}, claims)
            is_refused(probe, place, token, f"typ={kind}")
    _each_as_the_other(probe, found)


def _each_as_the_other(probe: Probe, found: dict[str, Place]) -> None:
    """A client's two kinds of token, each with all that the other needs."""
    if REQUEST not in found:
        return
    header, request = found[REQUEST].make()
    claims = request | {"sub": request["iss"]}
    token = found[REQUEST].signed(header, claims)
    is_refused(probe, found[REQUEST], token, "with the client as its sub, as assertions have it")
    _, assertion = found[ASSERTION].make()
    token = found[ASSERTION].signed(header, assertion)
    is_refused(probe, found[REQUEST], token, "an assertion")
    token = found[REQUEST].signed(header, request | {"aud": assertion["aud"]})
    is_refused(probe, found[ASSERTION], token, "a request object for the token endpoint")


@attack("JWT-06", fix="Verify the bytes that came, and decode strictly.")
def tampered(probe: Probe) -> None:
    for place in places(probe):
        good = place.good_token()
        header, claims, signature = good.split(".")
        changed = jose.b64(json.dumps(place.make()[1] | {"sub": "somebody-else"}).encode())
        last = LETTERS[LETTERS.index(signature[-1]) ^ 1]
        flipped = "B" if signature[20] == "A" else "A"
        for words, token in {
            "another payload": f"{header}.{changed}.{signature}",
            "a letter of the signature changed": f"{header}.{claims}.{signature[:20]}{flipped}"
            f"{signature[21:]}",
            "no signature": f"{header}.{claims}.",
            "half a signature": f"{header}.{claims}.{signature[: len(signature) // 2]}",
            "a fourth part": f"{good}.{signature}",
            "letters behind": f"{good}AAAA",
            "padding behind": f"{good}==",
            "a space inside": f"{header}.{claims}. {signature}",
            "a null behind": f"{good}\0" if place.name != ACCESS else f"{good} .",
            "unused bits of the last letter set": f"{header}.{claims}.{signature[:-1]}{last}",
            "padding in the payload": f"{header}.{claims}=.{signature}",
        }.items():
            is_refused(probe, place, token, words)
