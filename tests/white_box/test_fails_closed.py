"""Whatever breaks inside a check, the answer is no: each check is broken in turn.

The request would pass, so that only an answer which takes a broken check for a passed one gives
something away.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import flask_wtf.csrf
import pyotp
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from joserfc import jws
from joserfc.errors import JoseError

from idp.domain import access_tokens, authenticator_apps, guessing, sessions, throttles
from idp.domain.keyring import Keyring
from idp.domain.ring import PublicKey, TokenRefused
from idp.kernel.sealing import SealBroken, Sealer
from idp.oauth_server import client_auth
from idp.protocol import checks, pkce, token_checks
from tests.endpoints.provider import Browser, Provider
from tests.journeys import walks
from tests.support.addresses import own_address
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

ORDERS = ("BEFORE_TRUSTING_THE_REDIRECT", "AFTER_TRUSTING_THE_REDIRECT")


class Broke(Exception):
    """What nobody who wrote a check has thought of."""


@contextmanager
def broken(owner: Any, name: str, fault: type[Exception] = Broke) -> Iterator[None]:
    """Let a function of a module or a class break whenever it is called."""
    whole = getattr(owner, name)

    @wraps(whole)
    def breaks(*_: object, **__: object) -> None:
        raise fault

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, breaks)
        yield


@contextmanager
def broken_rule(module: Any, name: str, place: int) -> Iterator[None]:
    """Let one rule of a tuple of rules break."""
    rules = list(getattr(module, name))

    @wraps(rules[place])
    def breaks(*_: object) -> None:
        raise Broke

    rules[place] = breaks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, tuple(rules))
        yield


def rules_of(module: Any, *names: str) -> list[tuple[str, int, str]]:
    """Every rule of these tuples: the tuple's name, the rule's place and the rule's name."""
    return [
        (name, place, rule.__name__)
        for name in names
        for place, rule in enumerate(getattr(module, name))
    ]


def gives_a_code(answer: Any) -> bool:
    return "code=" in answer.headers.get("Location", "")


@pytest.mark.threat("ERR-02")
def test_err_02_no_code_is_given_when_a_rule_about_requests_breaks(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    browser = provider.signed_in(citizen=alice)
    assert gives_a_code(browser.authorize(library, library.ask()))
    for name, place, rule in rules_of(checks, *ORDERS):
        with broken_rule(checks, name, place):
            answer = browser.authorize(library, library.ask())
        assert not gives_a_code(answer), rule
        assert answer.status_code == 500, rule
    with broken(sessions, "cookie_hash"):
        assert not gives_a_code(browser.authorize(library, library.ask()))
    assert gives_a_code(browser.authorize(library, library.ask()))


@pytest.mark.threat("ERR-02")
def test_err_02_no_code_is_given_when_a_rule_about_signed_requests_breaks(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    browser = provider.signed_in(citizen=alice)

    def ask() -> Any:
        return browser.authorize(library, library.ask_signed(provider.now))

    assert gives_a_code(ask())
    for name, place, rule in rules_of(checks, *(f"OBJECT_{name}" for name in ORDERS)):
        with broken_rule(checks, name, place):
            answer = ask()
        assert not gives_a_code(answer), rule
        assert answer.status_code == 500, rule
    for fault in (Broke, JoseError, ValueError):
        with broken(jws, "validate_compact", fault):
            assert not gives_a_code(ask()), fault
    assert gives_a_code(ask())


@pytest.mark.threat("ERR-02")
def test_err_02_no_token_is_given_when_a_rule_or_a_proof_breaks(
    provider: Provider, alice: Citizen
) -> None:
    browser = provider.signed_in(citizen=alice)
    signing, secret = provider.party(), provider.party(method="client_secret_post")

    def redeem(party: RelyingParty) -> Any:
        return provider.redeem(party, *browser.code(party))

    def assert_refused(party: RelyingParty, what: object) -> None:
        answer = redeem(party)
        assert answer.status_code >= 400, what
        assert set(answer.get_json()) == {"error", "error_description"}, what

    assert redeem(signing).status_code == redeem(secret).status_code == 200
    for name, place, rule in rules_of(token_checks, "BEFORE_CLIENT_AUTHENTICATION"):
        with broken_rule(token_checks, name, place):
            assert_refused(signing, rule)
    proof = client_auth.PrivateKeyJwt
    for owner, name, faults in (
        (proof, "_check_times", [Broke]),
        (proof, "_check_signature", [Broke]),
        (proof, "_check_jti", [Broke]),
        (client_auth, "_is_for", [Broke]),
        (client_auth, "_read", [Broke]),
        (jws, "extract_compact", [Broke, JoseError, ValueError]),
        (jws, "validate_compact", [Broke, JoseError, ValueError, TypeError]),
        (pkce, "challenge_of", [Broke, ValueError]),
    ):
        for fault in faults:
            with broken(owner, name, fault):
                assert_refused(signing, (name, fault))
    with broken(hmac, "compare_digest"):
        assert_refused(secret, "compare_digest")
    assert redeem(signing).status_code == redeem(secret).status_code == 200


@pytest.mark.threat("ERR-02")
def test_err_02_no_claim_is_told_when_the_look_at_a_token_breaks(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    _, tokens = provider.tokens(library, provider.signed_in(citizen=alice))

    def status() -> int:
        return provider.userinfo(tokens["access_token"]).status_code

    assert status() == 200
    for owner, name, faults in (
        (PublicKey, "check", [Broke, TokenRefused, ValueError]),
        (Keyring, "verify", [Broke, TokenRefused]),
        (access_tokens, "signed_by_us", [Broke]),
    ):
        for fault in faults:
            with broken(owner, name, fault):
                assert status() >= 400, (name, fault)
    assert status() == 200


@pytest.mark.threat("ERR-02")
def test_err_02_nobody_is_signed_in_when_the_look_at_a_password_breaks(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    def goes_on(*faulty: tuple[Any, str, type[Exception]]) -> bool:
        person = Person(provider.app, provider.issuer, own_address())
        walks.come_to_password(person, library, alice.email)
        for owner, name, fault in faulty:
            with broken(owner, name, fault):
                person.send({"password": alice.password})
        if not faulty:
            person.send({"password": alice.password})
        cookie = person.client.get_cookie("onepass-session", domain=provider.host)
        return person.url.endswith("/code") or cookie is not None

    assert goes_on()
    for owner, name, faults in (
        (PasswordHasher, "verify", [Broke, VerificationError, InvalidHashError, MemoryError]),
        (guessing, "judge", [Broke]),
        (throttles, "reserve", [Broke]),
        (flask_wtf.csrf, "validate_csrf", [Broke, ValueError]),
    ):
        for fault in faults:
            assert not goes_on((owner, name, fault)), (name, fault)
    assert goes_on(), "it is not a lock that kept them out"


@pytest.mark.threat("ERR-02")
def test_err_02_nobody_is_signed_in_when_the_look_at_a_code_breaks(
    provider: Provider,
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
) -> None:
    walks.come_to_code(person, library, alice)
    page, code = person.url, alice.code(clock.now())
    for owner, name, fault in (
        (pyotp.utils, "strings_equal", Broke),
        (pyotp.TOTP, "generate_otp", ValueError),
        (authenticator_apps, "step_of", Broke),
        (Sealer, "open", SealBroken),
    ):
        with broken(owner, name, fault):
            person.send({"code": code})
        assert person.left_to is None, name
        assert level_of(provider, alice) == "Cl", name
        person.open(page)
    person.send({"code": code})
    assert person.left_to is not None, person.heading


def level_of(provider: Provider, citizen: Citizen) -> str:
    """The level of the citizen's newest session, as it is stored."""
    return Browser(provider, citizen).session().level
