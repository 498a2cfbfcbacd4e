"""Passkeys: only the right answer, to the challenge of this very page, once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts, authenticator_apps, passkey_challenges, passkeys, second_factors
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.passkey_challenges import LIFETIME, Asked, Ceremony, PasskeyChallenge
from idp.domain.passkeys import Passkey, Refused, RelyingParty
from idp.domain.services import Services
from tests.support.authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    VERIFIED,
    Authenticator,
    encoded,
)
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock

BROWSER, OTHER_BROWSER = "a" * 64, "b" * 64
SIGN_IN = Asked(Ceremony.SIGN_IN, BROWSER, "journey")


@pytest.fixture
def alice(session: Session, services: Services) -> Account:
    account = accounts.get(session, enrol(session, services).account_id)
    assert account is not None
    return account


@pytest.fixture
def bob(session: Session, services: Services) -> Account:
    citizen = Citizen("bob@example.com", seed="MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U")
    account = accounts.get(session, enrol(session, services, citizen).account_id)
    assert account is not None
    return account


def authenticator(services: Services, name: bytes = b"first") -> Authenticator:
    party = RelyingParty.of(services)
    return Authenticator(party.origin, party.id, name)


def adding(account: Account) -> Asked:
    return Asked(Ceremony.ADD, BROWSER, "journey", account.id)


def added(session: Session, services: Services, account: Account, device: Authenticator) -> Passkey:
    options = passkeys.options_to_add(session, services, account, adding(account))
    return second_factors.add_passkey(
        session, services, account, adding(account), device.create(options), device="a browser"
    )


@pytest.fixture
def phone(session: Session, services: Services, alice: Account) -> Authenticator:
    """Alice's passkey."""
    device = authenticator(services)
    added(session, services, alice, device)
    return device


def used(
    session: Session, services: Services, device: Authenticator, asked: Asked = SIGN_IN
) -> Passkey:
    options = passkeys.options_to_use(session, services, asked)
    return passkeys.use(session, services, asked, device.get(options))


def why(act: Callable[[], object]) -> str:
    """Because of what an answer is refused; empty if it is not."""
    because = ""
    try:
        act()
    except Refused as refused:
        because = refused.because
    return because


def test_a_passkey_is_asked_for_so_that_it_needs_no_address_and_knows_its_person(
    session: Session, services: Services, alice: Account, phone: Authenticator
) -> None:
    to_add = json.loads(passkeys.options_to_add(session, services, alice, adding(alice)))
    assert to_add["rp"] == {"name": "Onepass", "id": "id.onepass.localhost"}
    assert to_add["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [each["id"] for each in to_add["excludeCredentials"]] == [encoded(phone.credential)]
    to_use = json.loads(passkeys.options_to_use(session, services, SIGN_IN))
    assert (to_use["userVerification"], to_use["allowCredentials"]) == ("required", [])
    known = Asked(Ceremony.STEP_UP, BROWSER, "journey", alice.id)
    to_step_up = json.loads(passkeys.options_to_use(session, services, known))
    assert [each["id"] for each in to_step_up["allowCredentials"]] == [encoded(phone.credential)]
    assert len({to_add["challenge"], to_use["challenge"], to_step_up["challenge"]}) == 3


def test_whoever_adds_a_passkey_can_use_it_and_is_not_offered_one_again(
    session: Session, services: Services, alice: Account, clock: FixedClock
) -> None:
    alice.passkey_offered_at = None
    session.flush()
    device = authenticator(services)
    passkey = added(session, services, alice, device)
    assert session.scalars(select(Account.passkey_offered_at)).all() == [clock.now()]
    assert (passkey.synced, passkey.backed_up) == (False, False)
    clock.move(60)
    assert used(session, services, device).id == passkey.id
    [kept] = passkeys.of_account(session, alice.id)
    assert (kept.sign_count, kept.last_used_at) == (1, clock.now())


def test_one_that_counts_nothing_and_is_synced_goes_on_working(
    session: Session, services: Services, alice: Account
) -> None:
    device = authenticator(services)
    device.step, device.flags = 0, PRESENT | VERIFIED | ELIGIBLE | BACKED_UP
    passkey = added(session, services, alice, device)
    assert (passkey.synced, passkey.backed_up) == (True, True)
    for _ in range(3):
        assert used(session, services, device).account_id == alice.id


@pytest.mark.parametrize(
    "spoil",
    [
        {"origin": "https://id.evil.example"},
        {"origin": "http://id.onepass.localhost"},
        {"rp_id": "onepass.localhost"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
    ],
)
@pytest.mark.parametrize("ceremony", [Ceremony.ADD, Ceremony.SIGN_IN])
def test_the_wrong_place_or_an_absent_person_is_refused(
    session: Session,
    services: Services,
    alice: Account,
    spoil: dict[str, Any],
    ceremony: Ceremony,
) -> None:
    device = authenticator(services)
    if ceremony is Ceremony.SIGN_IN:
        added(session, services, alice, device)
    right = {name: getattr(device, name) for name in spoil}
    for name, value in spoil.items():
        setattr(device, name, value)
    if ceremony is Ceremony.ADD:
        assert why(lambda: added(session, services, alice, device)) == "response"
    else:
        assert why(lambda: used(session, services, device)) == "response"
    for name, value in right.items():
        setattr(device, name, value)
    if ceremony is Ceremony.ADD:
        added(session, services, alice, device)
    assert used(session, services, device).account_id == alice.id


def test_an_answer_from_within_another_sites_page_is_refused(
    session: Session, services: Services, phone: Authenticator
) -> None:
    phone.more = {"crossOrigin": True}
    assert why(lambda: used(session, services, phone)) == "challenge"
    phone.more = {"crossOrigin": False}
    used(session, services, phone)


def test_an_answer_counts_once(session: Session, services: Services, phone: Authenticator) -> None:
    answer = phone.get(passkeys.options_to_use(session, services, SIGN_IN))
    passkeys.use(session, services, SIGN_IN, answer)
    assert why(lambda: passkeys.use(session, services, SIGN_IN, answer)) == "challenge"
    # Nor does another signature over the same challenge.
    said = json.loads(answer)["response"]["clientDataJSON"]
    again = phone.get('{"challenge": "AAAA"}', clientDataJSON=said)
    assert why(lambda: passkeys.use(session, services, SIGN_IN, again)) == "challenge"


@pytest.mark.parametrize(
    "asked",
    [
        Asked(Ceremony.SIGN_IN, OTHER_BROWSER, "journey"),
        Asked(Ceremony.SIGN_IN, BROWSER, "another journey"),
        Asked(Ceremony.STEP_UP, BROWSER, "journey"),
        Asked(Ceremony.SIGN_IN, BROWSER, "journey", "somebody"),
    ],
)
def test_a_challenge_serves_the_page_it_was_made_for(
    session: Session, services: Services, phone: Authenticator, asked: Asked
) -> None:
    answer = phone.get(passkeys.options_to_use(session, services, asked))
    assert why(lambda: passkeys.use(session, services, SIGN_IN, answer)) == "challenge"
    answer = phone.get(passkeys.options_to_use(session, services, SIGN_IN))
    passkeys.use(session, services, SIGN_IN, answer)


@pytest.mark.parametrize(("waited", "accepted"), [(LIFETIME - 1, True), (LIFETIME, False)])
def test_a_challenge_lasts_five_minutes(
    session: Session,
    services: Services,
    phone: Authenticator,
    clock: FixedClock,
    waited: int,
    accepted: bool,
) -> None:
    answer = phone.get(passkeys.options_to_use(session, services, SIGN_IN))
    clock.move(waited)
    if accepted:
        passkeys.use(session, services, SIGN_IN, answer)
        return
    assert why(lambda: passkeys.use(session, services, SIGN_IN, answer)) == "challenge"
    assert passkey_challenges.sweep(session, clock.now()) == 1
    assert session.scalars(select(PasskeyChallenge)).all() == []


def test_a_count_that_goes_back_or_stands_is_refused(
    session: Session, services: Services, phone: Authenticator
) -> None:
    used(session, services, phone)
    used(session, services, phone)
    phone.step = 0
    for count in (1, 2):
        phone.count = count
        assert why(lambda: used(session, services, phone)) == "count"
    phone.count = 0
    assert why(lambda: used(session, services, phone)) == "count"
    phone.count = 10
    assert used(session, services, phone).sign_count == 10


def test_an_unknown_passkey_is_refused(
    session: Session, services: Services, alice: Account, phone: Authenticator
) -> None:
    stranger = authenticator(services, b"never seen")
    stranger.handle = alice.id.encode()
    assert why(lambda: used(session, services, stranger)) == "unknown"


def test_the_key_of_another_does_not_sign_for_this_one(
    session: Session, services: Services, alice: Account, phone: Authenticator
) -> None:
    forger = authenticator(services)
    forger.handle = alice.id.encode()
    assert why(lambda: used(session, services, forger)) == "response"


def test_a_passkey_says_whose_it_is_where_nobody_is_known(
    session: Session, services: Services, alice: Account, bob: Account, phone: Authenticator
) -> None:
    for handle in (None, bob.id.encode(), b""):
        phone.handle = handle
        assert why(lambda: used(session, services, phone)) == "account"


def test_a_passkey_of_another_account_is_no_second_factor_of_this_one(
    session: Session, services: Services, alice: Account, bob: Account, phone: Authenticator
) -> None:
    asked = Asked(Ceremony.STEP_UP, BROWSER, "journey", bob.id)
    assert why(lambda: used(session, services, phone, asked)) == "account"
    asked = Asked(Ceremony.STEP_UP, BROWSER, "journey", alice.id)
    phone.handle = bob.id.encode()
    assert why(lambda: used(session, services, phone, asked)) == "account"
    phone.handle = None
    assert used(session, services, phone, asked).account_id == alice.id


def test_a_passkey_belongs_to_one_account(
    session: Session, services: Services, alice: Account, bob: Account, phone: Authenticator
) -> None:
    thief = authenticator(services, phone.credential)
    assert why(lambda: added(session, services, bob, thief)) == "known"
    assert used(session, services, phone).account_id == alice.id


@pytest.mark.parametrize("state", ["suspended", "blocked", "part_created"])
def test_a_closed_account_gets_no_passkey(
    session: Session, services: Services, alice: Account, state: str
) -> None:
    alice.state = state
    session.flush()
    device = authenticator(services)
    assert why(lambda: added(session, services, alice, device)) == "account_state"


def test_an_account_has_ten_at_most(session: Session, services: Services, alice: Account) -> None:
    for number in range(passkeys.MOST):
        added(session, services, alice, authenticator(services, bytes([number])))
    device = authenticator(services, b"one more")
    assert why(lambda: added(session, services, alice, device)) == "too_many"


@pytest.mark.parametrize(
    "change", [{"fmt": "fido-u2f"}, {"fmt": "android-safetynet"}, {"authData": b""}]
)
def test_what_nobody_asked_for_is_refused(
    session: Session, services: Services, alice: Account, change: dict[str, Any]
) -> None:
    device = authenticator(services)
    options = passkeys.options_to_add(session, services, alice, adding(alice))
    answer = device.create(options, **change)
    assert (
        why(
            lambda: passkeys.add(
                session, services, alice, adding(alice), answer, device="a browser"
            )
        )
        == "response"
    )


def test_an_id_longer_than_any_authenticators_is_refused(
    session: Session, services: Services, alice: Account
) -> None:
    added(session, services, alice, authenticator(services, b"x" * 1023))
    device = authenticator(services, b"x" * 1024)
    assert why(lambda: added(session, services, alice, device)) == "response"


def test_an_answer_that_cannot_be_read_is_refused_and_uses_the_challenge_up(
    session: Session, services: Services, phone: Authenticator
) -> None:
    answer = json.loads(phone.get(passkeys.options_to_use(session, services, SIGN_IN)))
    broken = json.dumps(answer | {"rawId": None})
    assert why(lambda: passkeys.use(session, services, SIGN_IN, broken)) == "unreadable"
    whole = json.dumps(answer)
    assert why(lambda: passkeys.use(session, services, SIGN_IN, whole)) == "challenge"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", '{"response": 7}', '{"response": {"clientDataJSON": 7}}',
     '{"response": {"clientDataJSON": "!"}}', '{"response": {"clientDataJSON": "W10"}}',
     '{"response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiAiISJ9"}}',
     '{"response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiA3fQ"}}'],
)  # fmt: skip
def test_what_names_no_challenge_is_refused(
    session: Session, services: Services, text: str
) -> None:
    assert why(lambda: passkeys.use(session, services, SIGN_IN, text)) == "challenge"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text()
    | st.recursive(st.none() | st.text(), lambda c: st.dictionaries(st.text(), c)).map(json.dumps)
)
def test_no_text_breaks_reading_it(text: str) -> None:
    assert isinstance(passkey_challenges.answered_by(text), bytes)


def test_removing_one_leaves_the_app_and_the_others(
    session: Session, services: Services, alice: Account, bob: Account, phone: Authenticator
) -> None:
    second = added(session, services, alice, authenticator(services, b"second"))
    assert not second_factors.remove_passkey(session, services, bob, second.id, device="")
    assert second_factors.remove_passkey(session, services, alice, second.id, device="")
    assert not second_factors.remove_passkey(session, services, alice, second.id, device="")
    facts = session.scalars(select(AuditEntry.fact)).all()
    assert facts.count("passkey_removed") == 1
    assert used(session, services, phone).account_id == alice.id


def test_the_last_second_factor_cannot_be_removed(
    session: Session, services: Services, alice: Account, phone: Authenticator
) -> None:
    [passkey] = passkeys.of_account(session, alice.id)
    authenticator_apps.remove_all(session, alice.id)
    assert not passkeys.remove(session, alice.id, passkey.id)
    authenticator_apps.add(
        session, services, account_id=alice.id, secret="MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U", step=1
    )
    assert passkeys.remove(session, alice.id, passkey.id)


def test_what_was_refused_is_recorded_without_what_was_sent(
    session: Session, services: Services, phone: Authenticator
) -> None:
    phone.origin = "https://id.evil.example"
    with pytest.raises(Refused) as refused:
        used(session, services, phone)
    second_factors.passkey_was_refused(session, services, refused.value, journey_id="journey")
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.fact == "passkey_refused"))
    assert (entry.detail, entry.journey_id) == ('{"because":"response"}', "journey")
    assert session.scalars(select(AuditEntry.fact)).all().count("passkey_added") == 1
