"""What a department believes about its provider, and how often it asks."""

import pytest

from relying_party_demo import discovery
from relying_party_demo.discovery import Discovery, DiscoveryRefused, UnknownKey
from relying_party_demo.outbound import LARGEST_ANSWER, Outbound, ProviderUnreachable
from tests.relying_party.fake_provider import FakeProvider
from tests.relying_party.visiting import Visit


class Elapsed:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest.fixture
def known(provider: FakeProvider, elapsed: Elapsed) -> Discovery:
    return Discovery(provider.issuer, Outbound(), elapsed)


def test_the_provider_is_asked_once_an_hour(
    provider: FakeProvider, known: Discovery, elapsed: Elapsed
) -> None:
    for _ in range(5):
        assert known.provider().token_endpoint == f"{provider.issuer}token"
        known.key("es-1", "ES256")
    assert provider.calls == ["/.well-known/openid-configuration", "/jwks"]
    elapsed.seconds += discovery.CACHE_LIFETIME
    known.key("es-1", "ES256")
    assert provider.calls.count("/jwks") == 2
    assert provider.calls.count("/.well-known/openid-configuration") == 2


def test_a_new_key_is_found_by_asking_again(tax: Visit) -> None:
    tax.sign_in()
    tax.provider.add_key("es-2", "ES256")
    tax.sign_in()
    assert tax.provider.calls.count("/jwks") == 2


def test_made_up_keys_make_nobody_ask_more_than_five_times_a_minute(
    provider: FakeProvider, known: Discovery, elapsed: Elapsed
) -> None:
    known.key("es-1", "ES256")
    for number in range(20):
        with pytest.raises(UnknownKey):
            known.key(f"made-up-{number}", "ES256")
    assert provider.calls.count("/jwks") == 1 + discovery.MOST_REFETCHES
    elapsed.seconds += discovery.REFETCH_WINDOW
    provider.add_key("es-2", "ES256")
    known.key("es-2", "ES256")


def test_a_key_serves_its_own_algorithm_alone(provider: FakeProvider, known: Discovery) -> None:
    for kid, algorithm in (("es-1", "RS256"), ("rs-1", "ES256")):
        with pytest.raises(UnknownKey):
            known.key(kid, algorithm)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://127.0.0.1:1/"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_strange_description_is_refused(
    provider: FakeProvider, known: Discovery, change: dict[str, object]
) -> None:
    provider.change_discovery = lambda claims: {**claims, **change}
    with pytest.raises(DiscoveryRefused):
        known.provider()
    provider.change_discovery = lambda claims: claims
    assert known.provider().issuer == provider.issuer


def test_keys_that_cannot_be_read_are_said_to_be_missing(provider: FakeProvider) -> None:
    provider.change_discovery = lambda claims: {**claims, "jwks_uri": f"{provider.issuer}nothing"}
    with pytest.raises(ProviderUnreachable):
        Discovery(provider.issuer, Outbound()).key("es-1", "ES256")


def test_a_spoilt_key_is_no_key(provider: FakeProvider, known: Discovery) -> None:
    provider.published.append("es-1")
    known.key("es-1", "ES256")
    known._keys["es-1"] = {"kid": "es-1", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    with pytest.raises(UnknownKey):
        known.key("es-1", "ES256")


def test_only_json_objects_of_a_sensible_size_are_read(provider: FakeProvider) -> None:
    provider.change_discovery = lambda _: {"filling": "x" * LARGEST_ANSWER}
    with pytest.raises(ProviderUnreachable, match="too large"):
        Outbound().get(f"{provider.issuer}.well-known/openid-configuration")
    provider.change_discovery = lambda _: ["a list"]  # type: ignore[assignment, return-value]
    with pytest.raises(ProviderUnreachable, match="object"):
        Outbound().get(f"{provider.issuer}.well-known/openid-configuration")


def test_the_proxy_of_the_environment_is_not_asked(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Discovery(provider.issuer, Outbound()).provider().issuer == provider.issuer
