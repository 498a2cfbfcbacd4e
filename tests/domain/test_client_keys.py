"""Clients' keys: parsed once, fetched seldom, never on a stranger's demand."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from idp.domain.client_keys import (
    BELIEVED_FOR,
    BELIEVED_LONGER,
    FETCH_INTERVAL,
    ClientKeys,
    KeysUnavailable,
    static_key,
)
from idp.kernel.fetching import FetchFailed, FetchRefused
from idp.protocol.client_policy import ClientPolicy, policy_from_registration
from tests.support.building import ISSUER
from tests.support.clock import FixedClock
from tests.support.relying_party import RelyingParty, ec_key, public_key_text, rsa_key

# joserfc warns of a weak key before we refuse it.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")


class StandInFetcher:
    """Answers with what it was given, and counts."""

    def __init__(self) -> None:
        self.answer: Any = {"keys": []}
        self.calls = 0
        self.called: Event | None = None
        self.may_answer: Event | None = None

    def get_json(self, url: str) -> Any:
        self.calls += 1
        if self.called and self.may_answer:
            self.called.set()
            assert self.may_answer.wait(20)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def fetcher() -> StandInFetcher:
    return StandInFetcher()


@pytest.fixture
def keys(fetcher: StandInFetcher, clock: FixedClock) -> ClientKeys:
    return ClientKeys(fetcher, clock)  # type: ignore[arg-type]


def _policy(number: int = 1) -> ClientPolicy:
    return policy_from_registration(
        RelyingParty(ISSUER).registration()
        | {
            "public_key_source": "JWKS",
            "public_key": None,
            "jwks_uri": f"https://keys.example/{number}",
        }
    )


def _jwk(kid: str | None, **more: Any) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(ec_key().public_key()))
    return public | ({"kid": kid} if kid else {}) | more


def _policy_with(public_key: str | None) -> ClientPolicy:
    return policy_from_registration(
        RelyingParty(ISSUER).registration() | ({"public_key": public_key} if public_key else {})
    )


@pytest.mark.parametrize("kid", [None, "whatever"])
def test_a_pasted_key_is_used_whatever_the_kid(keys: ClientKeys, kid: str | None) -> None:
    for key in (ec_key(), rsa_key()):
        text = public_key_text(key)
        [found] = keys.candidates(_policy_with(text), kid)
        assert found is static_key(text)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
        ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["RSA 1024", "P-384"],
)
def test_a_weak_or_foreign_key_is_no_key(key: rsa.RSAPrivateKey) -> None:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="P-256"):
        static_key(base64.b64encode(der).decode())


def test_a_fetched_key_is_found_by_kid_and_fetched_once(
    keys: ClientKeys, fetcher: StandInFetcher
) -> None:
    fetcher.answer = {"keys": [_jwk("one"), _jwk("two", use="sig")]}
    assert len(keys.candidates(_policy(), "one")) == 1
    assert len(keys.candidates(_policy(), "two")) == 1
    assert fetcher.calls == 1


def test_a_set_is_believed_for_a_day(
    keys: ClientKeys, fetcher: StandInFetcher, clock: FixedClock
) -> None:
    fetcher.answer = {"keys": [_jwk("one")]}
    keys.candidates(_policy(), "one")
    clock.move(BELIEVED_FOR - 60)
    keys.candidates(_policy(), "one")
    assert fetcher.calls == 1
    clock.move(120)
    keys.candidates(_policy(), "one")
    assert fetcher.calls == 2


def test_an_unknown_kid_fetches_again_but_not_at_a_strangers_pace(
    keys: ClientKeys, fetcher: StandInFetcher, clock: FixedClock
) -> None:
    fetcher.answer = {"keys": [_jwk("one")]}
    for number in range(20):
        assert keys.candidates(_policy(), f"guess {number}") == []
    assert fetcher.calls == 1
    clock.move(FETCH_INTERVAL + 1)
    fetcher.answer = {"keys": [_jwk("one"), _jwk("new")]}
    assert len(keys.candidates(_policy(), "new")) == 1
    assert fetcher.calls == 2


@pytest.mark.parametrize(
    "answer",
    [FetchFailed("slow"), FetchRefused("private"), [], {"keys": "none"}, {}, "text", None],
    ids=["slow", "refused", "list", "no list", "nothing", "text", "null"],
)
def test_a_set_that_cannot_be_had_is_not_asked_for_again_at_once(
    keys: ClientKeys, fetcher: StandInFetcher, clock: FixedClock, answer: object
) -> None:
    fetcher.answer = answer
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            keys.candidates(_policy(), "one")
    assert fetcher.calls == 1
    clock.move(FETCH_INTERVAL + 1)
    fetcher.answer = {"keys": [_jwk("one")]}
    assert keys.candidates(_policy(), "one")


def test_known_keys_outlive_an_outage_of_the_service(
    keys: ClientKeys, fetcher: StandInFetcher, clock: FixedClock
) -> None:
    fetcher.answer = {"keys": [_jwk("one")]}
    keys.candidates(_policy(), "one")
    clock.move(BELIEVED_FOR + 1)
    fetcher.answer = FetchFailed("down")
    assert len(keys.candidates(_policy(), "one")) == 1
    assert fetcher.calls == 2


def test_an_outage_does_not_make_keys_last_for_ever(
    keys: ClientKeys, fetcher: StandInFetcher, clock: FixedClock
) -> None:
    """Who keeps an address from answering must not keep a key alive that was taken back."""
    fetcher.answer = {"keys": [_jwk("one")]}
    keys.candidates(_policy(), "one")
    fetcher.answer = FetchFailed("down")
    clock.move(BELIEVED_FOR - 1)
    with pytest.raises(KeysUnavailable):
        keys.candidates(_policy(), "a kid that makes us try in vain")
    clock.move(BELIEVED_LONGER)
    assert keys.candidates(_policy(), "one")
    clock.move(1)
    with pytest.raises(KeysUnavailable):
        keys.candidates(_policy(), "one")
    clock.move(FETCH_INTERVAL)
    fetcher.answer = {"keys": [_jwk("one")]}
    assert keys.candidates(_policy(), "one")


def test_many_who_come_first_wait_for_one_call(keys: ClientKeys, fetcher: StandInFetcher) -> None:
    fetcher.answer = {"keys": [_jwk("one")]}
    fetcher.called, fetcher.may_answer = Event(), Event()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(keys.candidates, _policy(), "one")
        assert fetcher.called.wait(20)
        others = [pool.submit(keys.candidates, _policy(), "one") for _ in range(7)]
        fetcher.may_answer.set()
        assert [len(each.result(20)) for each in (first, *others)] == [1] * 8
    assert fetcher.calls == 1


def test_without_a_kid_nothing_is_fetched(keys: ClientKeys, fetcher: StandInFetcher) -> None:
    with pytest.raises(KeysUnavailable):
        keys.candidates(_policy(), None)
    assert fetcher.calls == 0


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        {},
        _jwk(None),
        _jwk("bad", use="enc"),
        _jwk("bad", d="AAAA"),
        _jwk("bad", x="???"),
        {"kty": "oct", "k": "AAAA", "kid": "bad"},
        json.loads(
            RSAAlgorithm.to_jwk(
                rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
            )
        )
        | {"kid": "bad"},
    ],
    ids=["text", "empty", "no kid", "for encryption", "private", "broken", "symmetric", "weak"],
)
def test_entries_that_are_no_public_signing_key_are_passed_over(
    keys: ClientKeys, fetcher: StandInFetcher, entry: object
) -> None:
    fetcher.answer = {"keys": [entry, _jwk("good")]}
    assert len(keys.candidates(_policy(), "good")) == 1
    assert keys.candidates(_policy(), "bad") == []


def test_the_number_of_remembered_sets_is_bounded(
    keys: ClientKeys, fetcher: StandInFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.domain.client_keys.CACHED_SETS", 2)
    fetcher.answer = {"keys": [_jwk("one")]}
    for number in range(4):
        assert keys.candidates(_policy(number), "one")
    assert len(keys._sets) == 2


def test_a_client_without_any_key_has_none(keys: ClientKeys) -> None:
    secret = policy_from_registration(
        RelyingParty(ISSUER, method="client_secret_post").registration()
    )
    assert list(keys.candidates(secret, None)) == []
