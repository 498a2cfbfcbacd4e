"""Keys at an address of the client's: fetched when needed, seldom, and only from where we may."""

import json
from typing import Any

import jwt
import pytest

from idp.domain.client_keys import BELIEVED_FOR, FETCH_INTERVAL
from tests.endpoints.key_server import KeyServer, jwk
from tests.endpoints.provider import Browser, Provider, refusal
from tests.support.relying_party import RelyingParty, ec_key, rsa_key

UNAVAILABLE = (
    400,
    "server_error",
    "Failed to fetch or parse JWKS to verify signature of private_key_jwt",
)
SIGNATURE = (400, "invalid_client", "Invalid signature in private_key_jwt")


def publisher(provider: Provider, address: str, alg: str = "ES256") -> RelyingParty:
    """A client whose keys are at `address`."""
    more = {"public_key_source": "JWKS", "public_key": None, "jwks_uri": address}
    return provider.party(alg=alg, more=more)


def redeemed(
    provider: Provider,
    party: RelyingParty,
    kid: str | None,
    key: Any = None,
    browser: Browser | None = None,
) -> tuple[int, str, str]:
    """What a redemption with an assertion under `kid` ends with; ("", "") for tokens."""
    claims = jwt.decode(party.assertion(provider.now), options={"verify_signature": False})
    assertion = jwt.encode(
        claims,
        key or party.key,
        algorithm="ES256" if key is not None else party.alg,
        headers={"kid": kid} if kid else None,
    )
    asked, code = (browser or provider.signed_in()).code(party)
    answer = provider.redeem(party, asked, code, client_assertion=assertion)
    return refusal(answer) if answer.status_code != 200 else (200, "", "")


GOOD = (200, "", "")


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256"])
@pytest.mark.row("6.keys.unknown_kid")
def test_a_published_key_is_fetched_once(
    provider: Provider, key_server: KeyServer, alg: str
) -> None:
    party = publisher(provider, key_server.url, alg)
    key_server.publish([jwk(rsa_key("another"), "other"), jwk(party.key, "mine")])
    browser = provider.signed_in()
    for _ in range(3):
        assert redeemed(provider, party, "mine", browser=browser) == GOOD
    assert len(key_server.visits) == 1


@pytest.mark.row("6.keys.unknown_kid")
def test_an_unknown_kid_fetches_again_but_not_at_will(
    provider: Provider, key_server: KeyServer
) -> None:
    party, browser = publisher(provider, key_server.url), provider.signed_in()
    key_server.publish([jwk(party.key, "first")])
    assert redeemed(provider, party, "first", browser=browser) == GOOD
    for number in range(5):
        assert redeemed(provider, party, f"unknown-{number}", browser=browser) == SIGNATURE
    assert len(key_server.visits) == 1, "a stranger made us call out"

    # After the client's rotation the new key is found with the next fetch that is allowed.
    rotated = ec_key("rotated")
    key_server.publish([jwk(party.key, "first"), jwk(rotated, "second")])
    provider.clock.move(FETCH_INTERVAL + 1)
    assert redeemed(provider, party, "second", rotated) == GOOD
    assert redeemed(provider, party, "first") == GOOD
    assert len(key_server.visits) == 2


@pytest.mark.row("6.keys.cached", "7.cache.client_keys")
def test_a_key_is_believed_for_a_day(provider: Provider, key_server: KeyServer) -> None:
    party = publisher(provider, key_server.url)
    key_server.publish([jwk(party.key, "mine")])
    assert redeemed(provider, party, "mine") == GOOD
    provider.clock.move(BELIEVED_FOR - 60)
    assert redeemed(provider, party, "mine") == GOOD
    assert len(key_server.visits) == 1
    provider.clock.move(61)
    key_server.publish([jwk(ec_key("other"), "other")])
    assert redeemed(provider, party, "mine") == SIGNATURE
    assert len(key_server.visits) == 2


@pytest.mark.row("3.failure.keys_no_kid", "3.client.kid")
def test_without_a_kid_there_is_nothing_to_look_up(
    provider: Provider, key_server: KeyServer
) -> None:
    party = publisher(provider, key_server.url)
    key_server.publish([jwk(party.key, "mine")])
    assert redeemed(provider, party, None) == UNAVAILABLE
    assert key_server.visits == []
    assert redeemed(provider, party, "mine") == GOOD


@pytest.mark.row("6.keys.kid")
def test_the_key_of_another_kid_does_not_count(provider: Provider, key_server: KeyServer) -> None:
    party = publisher(provider, key_server.url)
    key_server.publish([jwk(party.key, "mine"), jwk(ec_key("other"), "other")])
    assert redeemed(provider, party, "other") == SIGNATURE
    assert redeemed(provider, party, "mine") == GOOD


class Broken:
    """What a key address may answer instead of keys."""

    @staticmethod
    def not_found(server: KeyServer) -> None:
        server.status = 404

    @staticmethod
    def redirecting(server: KeyServer) -> None:
        server.status, server.headers = 302, {"Location": server.url.replace("jwks", "other")}

    @staticmethod
    def huge(server: KeyServer) -> None:
        server.body = server.body.rstrip(b"}") + b',"padding":"' + b"x" * 70_000 + b'"}'

    @staticmethod
    def not_json(server: KeyServer) -> None:
        server.body = b"<html>"

    @staticmethod
    def a_list(server: KeyServer) -> None:
        server.body = b"[]"

    @staticmethod
    def without_keys(server: KeyServer) -> None:
        server.body = b'{"keys":"none"}'

    @staticmethod
    def deep(server: KeyServer) -> None:
        server.body = b"[" * 20_000


@pytest.mark.parametrize("fault", [name for name in vars(Broken) if not name.startswith("_")])
@pytest.mark.row("3.failure.keys_unreachable")
def test_an_address_without_keys(provider: Provider, key_server: KeyServer, fault: str) -> None:
    party, browser = publisher(provider, key_server.url), provider.signed_in()
    key_server.publish([jwk(party.key, "mine")])
    good = (key_server.body, key_server.headers)
    getattr(Broken, fault)(key_server)
    for _ in range(3):
        assert redeemed(provider, party, "mine", browser=browser) == UNAVAILABLE
    assert len(key_server.visits) == 1, "a failure is remembered too"

    # As soon as the interval is over and the address is well, so is the client.
    provider.clock.move(FETCH_INTERVAL + 1)
    key_server.status, (key_server.body, key_server.headers) = 200, good
    assert redeemed(provider, party, "mine") == GOOD


@pytest.mark.row("3.failure.keys_unreachable")
def test_an_address_where_nobody_listens(provider: Provider, key_server: KeyServer) -> None:
    with KeyServer() as gone:
        address = gone.url
    party = publisher(provider, address)
    assert redeemed(provider, party, "mine") == UNAVAILABLE


def test_a_slow_address_is_not_waited_for(
    provider: Provider, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = publisher(provider, key_server.url)
    key_server.publish([jwk(party.key, "mine")])
    key_server.drip = 0.05
    fetch = provider.services.fetcher.get_json
    monkeypatch.setattr(
        type(provider.services.fetcher),
        "get_json",
        lambda _self, url: fetch(url, timeout=0.2),
    )
    assert redeemed(provider, party, "mine") == UNAVAILABLE


@pytest.mark.parametrize(
    "address",
    ["https://10.0.0.1/jwks.json", "https://192.168.0.1/jwks.json",
     "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/jwks.json"],
)  # fmt: skip
def test_a_private_address_is_never_called(provider: Provider, address: str) -> None:
    """REG-03; what left this machine would fail the test by an error of another kind."""
    assert redeemed(provider, publisher(provider, address), "mine") == UNAVAILABLE


@pytest.mark.row("6.keys.address")
def test_a_server_that_the_list_does_not_name_is_not_called(provider: Provider) -> None:
    with KeyServer("127.0.0.3") as elsewhere:
        party = publisher(provider, elsewhere.url)
        elsewhere.publish([jwk(party.key, "mine")])
        assert redeemed(provider, party, "mine") == UNAVAILABLE
        assert elsewhere.visits == []


def test_what_is_no_key_for_signing_is_left_out(provider: Provider, key_server: KeyServer) -> None:
    party = publisher(provider, key_server.url)
    good = jwk(party.key, "mine")
    key_server.publish(
        [
            good | {"kid": "for encryption", "use": "enc"},
            good | {"kid": "with its private half", "d": "AA"},
            {"kid": "a shared secret", "kty": "oct", "k": "AAAA"},
            {"kid": "half a key", "kty": "EC", "crv": "P-256", "x": good["x"]},
            {"kty": "EC"},
            {"kid": 1} | {name: good[name] for name in ("kty", "crv", "x", "y")},
            good,
        ]
    )
    browser = provider.signed_in()
    for kid in ("for encryption", "with its private half", "a shared secret", "half a key"):
        assert redeemed(provider, party, kid, browser=browser) == SIGNATURE
    assert redeemed(provider, party, "mine", browser=browser) == GOOD
    assert json.loads(key_server.body)["keys"]
