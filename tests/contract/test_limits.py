"""Section 7: what an installation allows unless somebody says otherwise, and who hears of it."""

import inspect

import pytest

from idp.domain.throttles import LIMITS, Kind, Limit
from idp.kernel.fetching import Fetcher, FetchFailed
from tests.contract import walking
from tests.endpoints.key_server import KeyServer
from tests.endpoints.provider import Provider
from tests.support.building import LOOPBACK

LOCKED = "You have tried too many times"


@pytest.mark.row("7.rate.source")
def test_what_one_source_may_send_in_a_minute(on_sqlite: Provider) -> None:
    assert on_sqlite.settings.source_rate == 1200


@pytest.mark.row("7.lock.pages")
def test_a_lock_shows_on_our_page_and_is_not_told_to_the_service(provider: Provider) -> None:
    party, citizen, person = provider.party(), provider.citizen(), walking.somebody(provider)
    walking.arrive(person, party)
    person.send(button=walking.SIGN_IN)
    person.send({"email": citizen.email})
    for _ in range(6):
        person.send({"password": "guess after guess"})
        assert person.left_to is None
    assert person.heading == LOCKED
    assert provider.facts(client_id=party.client_id) == ["client_applied"]


@pytest.mark.row("7.lock.requested_codes")
def test_six_codes_by_email_and_then_none_for_two_hours(provider: Provider) -> None:
    assert LIMITS[Kind.EMAIL_SEND] == Limit(tries=6, window=2 * 3600)
    person = walking.somebody(provider)
    walking.arrive(person, provider.party())
    person.send()
    person.send({"email": f"newcomer-{provider.services.entropy.short_token()}@example.com"})
    code_page = person.url
    resend = code_page.replace("email-code", "email-resend")
    for _ in range(5):
        assert person.open(resend).heading == "Get a new code"
        person.send()
    refused = "You cannot get a new code at the moment"
    assert person.open(resend).heading == refused
    provider.clock.move(3500)
    assert person.open(resend).heading == refused


@pytest.mark.row("6.keys.address", "6.keys.time_limit")
@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_a_clients_keys_are_got_by_get_in_time_or_not_at_all(
    key_server: KeyServer, seconds: float
) -> None:
    fetcher = Fetcher(frozenset(LOOPBACK.split(",")))
    assert inspect.signature(Fetcher.get_json).parameters["timeout"].default == 5.0
    key_server.publish([])
    key_server.drip = seconds
    if seconds:
        with pytest.raises(FetchFailed):
            fetcher.get_json(key_server.url, timeout=seconds)
    else:
        assert fetcher.get_json(key_server.url) == {"keys": []}
    assert key_server.visits == ["/jwks.json"]
    key_server.drip, key_server.status = 0.0, 503
    with pytest.raises(FetchFailed):
        fetcher.get_json(key_server.url)
