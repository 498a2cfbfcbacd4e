"""Keys are rotated while two processes serve: no sign-in and no verification breaks."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest

from idp.domain import signing_keys
from tests.faults.conftest import Pair
from tests.support.relying_party import RelyingParty

CLIENTS = 4


class Load:
    """Services that sign the same citizen in again and again, each verifying what it gets."""

    def __init__(self, pair: Pair, parties: list[RelyingParty], cookie: dict[str, str]) -> None:
        self._pair = pair
        self._cookie = cookie
        self._parties = parties
        self._stop = threading.Event()
        self._done = threading.Semaphore(0)
        self.kids: Counter[str] = Counter()
        self._period = 0
        self.faults: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep the load on meanwhile."""
        threads = [
            threading.Thread(target=self._serve, args=(number, party))
            for number, party in enumerate(self._parties)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def more(self, flows: int) -> None:
        """Wait until so many more sign-ins have been verified."""
        for _ in range(flows):
            assert self._done.acquire(timeout=30) or self.faults, "the load has stopped"
            assert not self.faults, self.faults

    def count_anew(self) -> None:
        """Forget the keys seen so far, also those of sign-ins that have begun already."""
        self._period += 1
        self.kids.clear()

    def _serve(self, number: int, party: RelyingParty) -> None:
        connection = self._pair.connection(number)
        jwks: dict[str, Any] = {"keys": []}
        try:
            while not self._stop.is_set():
                jwks = self._flow(party, connection, number, jwks)
                number += 1
                self._done.release()
        except (AssertionError, jwt.PyJWTError, StopIteration, KeyError) as fault:
            self.faults.append(f"{type(fault).__name__}: {fault}")
            self._done.release()

    def _flow(
        self, party: RelyingParty, connection: Any, number: int, jwks: dict[str, Any]
    ) -> dict[str, Any]:
        period = self._period
        server, clock = self._pair.server, self._pair.street.clock
        asked = party.ask()
        url = party.url(asked).replace(self._pair.street.issuer, f"{server(number)}/")
        answer = connection.get(url, cookies=self._cookie, allow_redirects=False, timeout=30)
        code = party.answer(asked, answer.headers.get("Location"))["code"]
        form = party.token_form(asked, code, clock.now())
        tokens = connection.post(f"{server(number + 1)}/token", data=form, timeout=30).json()
        assert "id_token" in tokens, tokens
        kid = jwt.get_unverified_header(tokens["id_token"])["kid"]
        if kid not in {key["kid"] for key in jwks["keys"]}:
            # As every service does: an unknown key id is looked up once, at either process.
            jwks = connection.get(f"{server(number)}/.well-known/jwks.json", timeout=30).json()
        party.verify(tokens["id_token"], jwks, asked, clock.now())
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        claims = connection.get(f"{server(number)}/userinfo", headers=bearer, timeout=30)
        assert claims.status_code == 200, claims.status_code
        if period == self._period:
            self.kids[kid] += 1
        return jwks


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_rotating_under_load_breaks_nothing(pair: Pair, alg: signing_keys.Alg) -> None:
    street = pair.street
    cookie = pair.cookie(pair.citizen(f"rotation.{alg}@example.com".lower()))
    parties = [pair.party(id_token_alg=alg) for _ in range(CLIENTS)]
    keyring = street.services.keyring
    load = Load(pair, parties, cookie)
    with load.running():
        load.more(8)
        before = set(load.kids)
        with street.records() as session:
            key = keyring.generate(session, alg)
            keyring.publish(session, key.kid, street.clock.now())
        load.more(8)
        with street.records() as session:
            keyring.activate(session, key.kid, street.clock.now(), emergency=True)
        load.more(8)
        for _ in range(8):
            street.clock.move(5)
            load.more(6)
        load.count_anew()
        load.more(3 * CLIENTS)
    assert not load.faults
    assert len(before) == 1
    assert set(load.kids) == {key.kid}, "the new key does not sign"
    for number in (0, 1):
        served = pair.connection(number).get(f"{pair.server(number)}/.well-known/jwks.json").json()
        kids = {entry["kid"] for entry in served["keys"]}
        assert before | {key.kid} <= kids, "the old key is gone while its tokens live"
