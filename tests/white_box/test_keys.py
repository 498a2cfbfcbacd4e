"""Signing keys come and go in order: no service meets a key too early, or one too few."""

from typing import Any

import jwt
import pytest

from idp.domain import signing_keys
from idp.domain.signing_keys import JWKS_CACHE_LIFETIME, KeyRefused
from tests.endpoints.provider import Provider
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty


def kids(provider: Provider) -> set[str]:
    return {key["kid"] for key in provider.jwks()["keys"] if key["alg"] == "ES256"}


def signed(provider: Provider, party: RelyingParty) -> tuple[str, dict[str, Any]]:
    """Sign somebody in and verify what comes; the key that signed, and the tokens."""
    asked, tokens = provider.tokens(party)
    party.verify(tokens["id_token"], provider.jwks(), asked, provider.now)
    return str(jwt.get_unverified_header(tokens["id_token"])["kid"]), tokens


@pytest.mark.threat("KEY-02")
def test_key_02_a_new_key_is_seen_before_it_signs_and_an_old_one_until_its_last_token_ends(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    keyring, clock = provider.services.keyring, provider.clock
    old, _ = signed(provider, library)
    with provider.records() as session:
        new = keyring.generate(session, "ES256").kid
    clock.move(60)
    assert kids(provider) == {old}, "nobody has published it"
    with provider.records() as session:
        keyring.publish(session, new, clock.now())
    clock.move(60)
    assert kids(provider) == {old, new}
    assert signed(provider, library)[0] == old, "services may not have seen the new one"
    with provider.records() as session, pytest.raises(KeyRefused):
        keyring.activate(session, new, clock.now())

    clock.move(JWKS_CACHE_LIFETIME)
    kid, tokens = signed(provider, library)
    assert kid == old
    with provider.records() as session:
        keyring.activate(session, new, clock.now())
        before = signing_keys.get(session, old)
        gone_at = signing_keys.needed_until(before, provider.settings)
    clock.move(60)
    assert signed(provider, library)[0] == new
    assert kids(provider) == {old, new}
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    lifetimes = provider.settings.access_token_lifetime, provider.settings.id_token_lifetime
    assert gone_at - clock.now() >= max(lifetimes) - 60
    clock.set(gone_at - 1)
    assert kids(provider) == {old, new}
    assert provider.userinfo(tokens["access_token"]).status_code == 401, "it outlives its tokens"
    clock.set(gone_at + 60)
    assert kids(provider) == {new}
    assert signed(provider, library)[0] == new
