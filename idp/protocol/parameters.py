"""What a client sent, read once into frozen values.

Reading never raises and decides nothing: what could not be read is kept as a fault,
in the order of the contract, and the rules in `checks` and `token_checks` answer it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from idp.protocol import vectors_of_trust
from idp.protocol.client_proof import ClientProof, read_basic
from idp.protocol.json_members import without_doubles
from idp.protocol.vectors_of_trust import Vectors, VectorsNotValid

PROMPTS: Final = frozenset({"none", "login", "consent", "select_account", "create"})
LANGUAGES: Final = ("en", "cy")

_NO_RESPONSE_TYPE: Final = "response_type is missing"
_NO_SCOPE: Final = "scope is missing"
# Faults of parameters that a request object may hold instead (RFC 9101 section 5).
MISSING_OUTSIDE: Final = frozenset({_NO_RESPONSE_TYPE, _NO_SCOPE})

# The characters of RFC 3986; urlsplit quietly drops some of the others.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
_INTEGER: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)
# The shape of RFC 5646; whether there is such a language is nobody's business here.
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_UNSTORABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
# Half a character, as JSON can escape it: no address can carry that back.
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
_LARGEST_MAX_AGE: Final = 2**31 - 1
# Characters. None that we make is longer, so none is kept.
_LONGEST_SUBJECT: Final = 128
_NO_PROMPT: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class AcrWanted:
    """What the ID token's `acr` is asked to be; an essential one must be (Core 5.5.1.1)."""

    values: tuple[str, ...]
    essential: bool


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One authentication request (OIDC Core section 3.1.2.1), read but not yet judged.

    An absent or empty parameter is None; only `code_challenge` keeps an empty text,
    which has an answer of its own. `vectors` is None when `vtr` was not valid.
    `max_age` is in seconds; -1 is read as absent, lower values are kept for the rule
    that refuses them. `faults` says in words what could not be read, first things first.
    `claims` are the names under `userinfo`; `acr_wanted` and `subject_wanted` what the ID token
    is asked to say. `signed` says that the client signed what stands here (a request object):
    what makes no sense there and has an answer of its own is named in `senseless` instead, and so
    is a `registration` anywhere.
    """

    client_id: str | None
    redirect_uri: str | None
    response_type: str | None
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    vtr: str | None
    vectors: Vectors | None
    claims: frozenset[str]
    ui_locales: tuple[str, ...]
    prompt: frozenset[str]
    max_age: int | None
    response_mode: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    channel: str | None
    login_hint: str | None
    id_token_hint: str | None
    request: str | None
    request_uri: str | None
    acr_values: tuple[str, ...]
    acr_wanted: AcrWanted | None
    subject_wanted: str | None
    faults: tuple[str, ...]
    signed: bool = False
    senseless: frozenset[str] = frozenset()

    @property
    def language(self) -> str | None:
        """The first language of `ui_locales` that we speak, `en` or `cy`."""
        for tag in self.ui_locales:
            language = tag.split("-", 1)[0].lower()
            if language in LANGUAGES:
                return language
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest(ClientProof):
    """One token request (RFC 6749 section 4.1.3). Absent or empty parameters are None."""

    grant_type: str | None
    code: str | None
    redirect_uri: str | None
    code_verifier: str | None


def single_values(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], frozenset[str]]:
    """Gather parameters, and name those sent more than once (refused, RFC 6749 section 3.1)."""
    values: dict[str, str] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name in values:
            repeated.add(name)
        values[name] = value
    return values, frozenset(repeated)


def parse_authorization(
    parameters: Mapping[str, str],
    repeated: Collection[str] = (),
    *,
    signed: bool = False,
    faults: Iterable[str] = (),
) -> AuthorizationRequest:
    """Read the parameters of `/authorize`. `repeated` names those that were sent twice.

    `signed` says that they come from a request object, `faults` what was found wrong before.
    Never raises: whatever cannot be read becomes a fault. A doubled or unreadable
    `client_id` or `redirect_uri` counts as missing; a doubled `state`, or one that is no text, is
    not sent back.
    """
    get = parameters.get
    faults = list(faults)
    senseless: set[str] = set()
    client_id = get("client_id") or None
    redirect_uri = get("redirect_uri") or None
    state = get("state") or None
    if repeated:
        faults.extend(f"{name} was sent more than once" for name in sorted(repeated))
        client_id = None if "client_id" in repeated else client_id
        redirect_uri = None if "redirect_uri" in repeated else redirect_uri
        state = None if "state" in repeated else state
    # One quick look at everything; only text that is not plainly printable costs more.
    if not "".join(parameters.values()).isprintable():
        faults.extend(unstorable(parameters))
        client_id = None if _cannot_be_stored(client_id) else client_id
        state = None if state is not None and _NO_TEXT.search(state) else state
    if redirect_uri is not None and _ADDRESS.fullmatch(redirect_uri) is None:
        redirect_uri = None
        faults.append("redirect_uri cannot be read")
    scope_text = get("scope") or ""
    scopes = tuple(scope_text.split())
    response_type = get("response_type") or None
    _fault_in_scope(scopes, response_type, faults)
    prompt_text = get("prompt")
    prompt = _prompt(prompt_text, faults) if prompt_text else _NO_PROMPT
    max_age = _max_age(get("max_age") or None, faults, senseless, signed=signed)
    locales = tuple((get("ui_locales") or "").split())
    if not all(_LANGUAGE_TAG.fullmatch(tag) for tag in locales):
        senseless.add("ui_locales")
    claims_text = get("claims")
    claims = _claims(claims_text, faults) if claims_text else {}
    subject_wanted = _subject_wanted(claims, faults)
    if get("registration"):
        senseless.add("registration")
    request, request_uri = get("request") or None, get("request_uri") or None
    if request is not None and request_uri is not None:
        faults.append("request and request_uri were sent together")
    vtr = get("vtr") or None
    return AuthorizationRequest(
        client_id=client_id,
        redirect_uri=redirect_uri,
        response_type=response_type,
        scopes=scopes,
        state=state,
        nonce=get("nonce") or None,
        vtr=vtr,
        vectors=_vectors(vtr),
        claims=frozenset(claims.get("userinfo", ())),
        ui_locales=locales,
        prompt=prompt,
        max_age=max_age,
        response_mode=get("response_mode") or None,
        code_challenge=get("code_challenge"),
        code_challenge_method=get("code_challenge_method") or None,
        channel=get("channel") or None,
        login_hint=get("login_hint") or None,
        id_token_hint=get("id_token_hint") or None,
        request=request,
        request_uri=request_uri,
        acr_values=tuple((get("acr_values") or "").split()),
        acr_wanted=_acr_wanted(claims.get("id_token", {}).get("acr")),
        subject_wanted=subject_wanted,
        faults=tuple(faults),
        signed=signed,
        senseless=frozenset(senseless),
    )


def parse_token_request(
    form: Mapping[str, str], repeated: Collection[str] = (), authorization: str = ""
) -> TokenRequest:
    """Read body and `Authorization` of a token request. Never raises; see `parse_authorization`."""
    get = form.get
    faults = tuple(f"{name} was sent more than once" for name in sorted(repeated))
    if not "".join(form.values()).isprintable():
        faults += tuple(unstorable(form))
    return TokenRequest(
        grant_type=get("grant_type") or None,
        code=get("code") or None,
        redirect_uri=get("redirect_uri") or None,
        code_verifier=get("code_verifier") or None,
        client_id=get("client_id") or None,
        client_secret=get("client_secret") or None,
        client_assertion=get("client_assertion") or None,
        client_assertion_type=get("client_assertion_type") or None,
        basic=read_basic(authorization) if authorization else None,
        faults=faults,
    )


def to_text(parameters: Mapping[str, str], *, signed: bool = False) -> str:
    """Write parameters down as canonical JSON, for keeping in a Journey."""
    kept = {"parameters": dict(parameters), "signed": signed}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def from_text(text: str) -> tuple[dict[str, str], bool]:
    """Read what `to_text` wrote: the parameters, and whether the client had signed them."""
    kept = json.loads(text)
    return cast("dict[str, str]", kept["parameters"]), bool(kept["signed"])


def _cannot_be_stored(text: str | None) -> bool:
    return text is not None and _UNSTORABLE.search(text) is not None


def unstorable(parameters: Mapping[str, str]) -> list[str]:
    """Name the parameters with control characters; databases and headers choke on them."""
    return [
        f"{name} holds a control character"
        for name, value in parameters.items()
        if _cannot_be_stored(value)
    ]


def _fault_in_scope(scopes: tuple[str, ...], response_type: str | None, faults: list[str]) -> None:
    if response_type is None:
        faults.append(_NO_RESPONSE_TYPE)
    if not scopes:
        faults.append(_NO_SCOPE)
    elif "openid" not in scopes:
        faults.append("scope does not contain openid")


def _prompt(text: str, faults: list[str]) -> frozenset[str]:
    prompt = frozenset(text.split())
    if not prompt <= PROMPTS:
        faults.append("prompt holds an unknown value")
    elif len(prompt) > 1 and "none" in prompt:
        faults.append("prompt combines none with another value")
    return prompt


def _max_age(
    text: str | None, faults: list[str], senseless: set[str], *, signed: bool
) -> int | None:
    if text is None:
        return None
    number = int(text) if _INTEGER.fullmatch(text) else None
    if number is not None and number <= _LARGEST_MAX_AGE:
        # In a request object -1 is a negative age like any other.
        return None if number == -1 and not signed else number
    if signed:
        senseless.add("max_age")
    else:
        faults.append("max_age is not an integer")
    return None


Members = dict[str, Any]


def _claims(text: str, faults: list[str]) -> dict[str, Members]:
    """Read `userinfo` and `id_token`, the members of `claims` that count."""
    try:
        wanted = json.loads(text, object_pairs_hook=without_doubles)
    except (ValueError, RecursionError):
        wanted = None
    userinfo = wanted.get("userinfo", {}) if isinstance(wanted, dict) else None
    if not isinstance(wanted, dict) or not isinstance(userinfo, dict):
        faults.append("claims is not a JSON object of the right shape")
        return {}
    id_token = wanted.get("id_token")
    return {"userinfo": userinfo, "id_token": id_token if isinstance(id_token, dict) else {}}


def _acr_wanted(asked: object) -> AcrWanted | None:
    if not isinstance(asked, dict):
        return None
    values = asked.get("values", [asked.get("value")])
    texts = values if isinstance(values, list) else []
    wanted = tuple(value for value in texts if isinstance(value, str))
    return AcrWanted(wanted, essential=asked.get("essential") is True) if wanted else None


def _subject_wanted(claims: dict[str, Members], faults: list[str]) -> str | None:
    """Find the one subject that may be told, if one is named (OIDC Core section 5.5.1).

    A text that can be nobody's subject is a fault.
    """
    for place in ("id_token", "userinfo"):
        asked = claims.get(place, {}).get("sub")
        value = asked.get("value") if isinstance(asked, dict) else None
        if isinstance(value, str):
            if len(value) <= _LONGEST_SUBJECT and not _cannot_be_stored(value):
                return value
            faults.append("claims names a subject that nobody can have")
            return None
    return None


def _vectors(vtr: str | None) -> Vectors | None:
    try:
        return vectors_of_trust.parse(vtr)
    except VectorsNotValid:
        return None
