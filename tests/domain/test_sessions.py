"""Sessions: how they open, rise, go on and end, and who is told."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import account_changes, accounts, clients, grants, outbox, sessions
from idp.domain.grants import Grant
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.relying_party import RelyingParty


def _sign_in(
    session: Session,
    services: Services,
    citizen: Citizen,
    current: BrowserSession | None = None,
) -> tuple[BrowserSession, str]:
    account = accounts.get(session, citizen.account_id)
    assert account is not None
    return sessions.after_password(
        session,
        services,
        browser_hash="0" * 64,
        account=account,
        current=current,
        device="a very long name of a browser " * 20,
    )


@pytest.fixture
def alice(session: Session, services: Services) -> Citizen:
    return enrol(session, services)


def _use(
    session: Session, signed_in: BrowserSession, party: RelyingParty, *, redeemed: bool = True
) -> None:
    number = len(session.scalars(select(Grant)).all())
    session.add(
        Grant(
            id=f"{number:032x}",
            account_id=signed_in.account_id,
            sid=signed_in.sid,
            client_id=party.client_id,
            subject=f"subject at {party.client_id}",
            code_hash=f"{number:064x}",
            code_expires_at=0,
            code_consumed_at=1 if redeemed else None,
            redirect_uri=party.redirect_uri,
            scope="openid",
            level="Cl",
            session_level="Cl",
            amr="pwd",
            auth_time=0,
            created_at=0,
        )
    )
    session.flush()


def test_a_password_opens_a_session_at_the_lower_level(
    session: Session, services: Services, alice: Citizen
) -> None:
    signed_in, secret = _sign_in(session, services, alice)
    assert (signed_in.level, signed_in.amr, signed_in.otp_at) == ("Cl", "pwd", None)
    assert signed_in.auth_time == services.clock.now()
    assert sessions.find(session, services, secret) is signed_in
    assert secret not in (signed_in.cookie_hash, signed_in.sid)
    assert len(signed_in.device) == 256


def test_the_second_factor_raises_the_level_and_changes_the_cookie(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    signed_in, before = _sign_in(session, services, alice)
    sid = signed_in.sid
    clock.move(10)
    after = sessions.after_second_factor(session, services, signed_in)
    assert sessions.find(session, services, before) is None
    found = sessions.find(session, services, after)
    assert found is not None
    assert (found.sid, found.level, found.amr) == (sid, "Cl.Cm", "pwd otp mfa")
    assert (found.auth_time, found.password_at) == (clock.now(), clock.now() - 10)


def test_the_same_person_signing_in_again_goes_on_with_a_new_cookie(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    signed_in, before = _sign_in(session, services, alice)
    clock.move(100)
    again, after = _sign_in(session, services, alice, signed_in)
    assert again.sid == signed_in.sid
    assert again.auth_time == clock.now()
    assert sessions.find(session, services, before) is None
    assert sessions.find(session, services, after) is again


def test_a_password_given_again_needs_the_second_factor_again(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    signed_in, _ = _sign_in(session, services, alice)
    sessions.after_second_factor(session, services, signed_in)
    clock.move(100)
    again, _ = _sign_in(session, services, alice, signed_in)
    assert (again.level, again.amr, again.otp_at) == ("Cl", "pwd", None)


def test_another_person_on_the_same_browser_ends_the_first_ones_session(
    session: Session, services: Services, alice: Citizen
) -> None:
    first, cookie = _sign_in(session, services, alice)
    bob = enrol(session, services, Citizen(email="bob@example.com"))
    other, _ = _sign_in(session, services, bob, first)
    assert other.sid != first.sid
    assert sessions.find(session, services, cookie) is None
    session.refresh(first)
    assert first.ended_because == "another_person"


@pytest.mark.parametrize("cookie", [None, "", "x" * 43, "\udcff", "a\x00b"])
def test_a_cookie_nobody_gave_out_opens_nothing(
    session: Session, services: Services, alice: Citizen, cookie: str | None
) -> None:
    _sign_in(session, services, alice)
    assert sessions.find(session, services, cookie) is None


def test_an_idle_session_ends_after_an_hour_unless_it_is_used(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    signed_in, cookie = _sign_in(session, services, alice)
    clock.move(3599)
    assert sessions.find(session, services, cookie)
    sessions.touch(session, signed_in.sid, clock.now())
    clock.move(3599)
    assert sessions.find(session, services, cookie)
    clock.move(1)
    assert sessions.find(session, services, cookie) is None


def test_its_use_is_written_down_once_a_minute(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    signed_in, _ = _sign_in(session, services, alice)
    opened = clock.now()
    clock.move(60)
    sessions.touch(session, signed_in.sid, clock.now())
    session.refresh(signed_in)
    assert signed_in.last_seen_at == opened
    clock.move(1)
    sessions.touch(session, signed_in.sid, clock.now())
    session.refresh(signed_in)
    assert signed_in.last_seen_at == clock.now()


def test_no_session_lasts_longer_than_twelve_hours(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    signed_in, cookie = _sign_in(session, services, alice)
    for _ in range(23):
        clock.move(1800)
        sessions.touch(session, signed_in.sid, clock.now())
        assert sessions.find(session, services, cookie)
    clock.move(1800)
    assert sessions.find(session, services, cookie) is None


@pytest.mark.row("5.back_channel.every_journey")
def test_ending_tells_each_service_that_has_an_address_once(
    session: Session, services: Services, alice: Citizen
) -> None:
    listening = RelyingParty(
        ISSUER, more={"back_channel_logout_uri": "https://a.example/bye", "service": "A"}
    )
    second = RelyingParty(
        ISSUER, more={"back_channel_logout_uri": "https://b.example/bye", "service": "A"}
    )
    deaf = RelyingParty(ISSUER)
    unused = RelyingParty(ISSUER, more={"back_channel_logout_uri": "https://c.example/bye"})
    for party in (listening, second, deaf, unused):
        clients.apply(session, services, party.registration())
    signed_in, cookie = _sign_in(session, services, alice)
    for party in (listening, listening, second, deaf):
        _use(session, signed_in, party)
    _use(session, signed_in, unused, redeemed=False)
    _use(session, signed_in, RelyingParty(ISSUER, client_id="deleted"))
    named = sessions.end(session, services, signed_in, "citizen")
    assert [service.name for service in named] == ["A"]
    assert sessions.find(session, services, cookie) is None
    told = {message.payload["client_id"] for message in outbox.lease(session, services)}
    assert told == {listening.client_id, second.client_id}
    assert sessions.end(session, services, signed_in, "citizen") == []
    assert outbox.lease(session, services) == []


def test_taking_access_away_tells_that_client_alone_and_the_session_goes_on(
    session: Session, services: Services, alice: Citizen
) -> None:
    parties = [
        RelyingParty(ISSUER, more={"back_channel_logout_uri": f"https://{name}.example/bye"})
        for name in "ab"
    ]
    signed_in, cookie = _sign_in(session, services, alice)
    for party in parties:
        clients.apply(session, services, party.registration())
        _use(session, signed_in, party)
    account = accounts.find_by_email(session, alice.email)
    assert account is not None
    account_changes.stop_sharing(session, services, account, [parties[0].client_id])
    [told] = outbox.lease(session, services)
    assert told.payload["client_id"] == parties[0].client_id
    assert sessions.find(session, services, cookie) is not None
    revoked = select(Grant.client_id).where(Grant.revoked_at.is_not(None))
    assert session.scalars(revoked).all() == [parties[0].client_id]


def test_a_session_is_swept_when_nothing_hangs_off_it(
    session: Session, services: Services, clock: FixedClock, alice: Citizen
) -> None:
    party = RelyingParty(ISSUER)
    clients.apply(session, services, party.registration())
    used, _ = _sign_in(session, services, alice)
    _use(session, used, party)
    _sign_in(session, services, alice)
    assert sessions.sweep(session, services) == 0
    clock.move(sessions.kept_for(services.settings))
    assert sessions.sweep(session, services) == 1
    assert grants.sweep(session, clock.now()) == 1
    assert sessions.sweep(session, services) == 1


def test_a_session_tells_which_second_factor_was_given(
    session: Session, services: Services, alice: Citizen
) -> None:
    signed_in, _ = _sign_in(session, services, alice)
    assert sessions.method_of(signed_in) is None
    for method in sessions.Method:
        sessions.after_second_factor(session, services, signed_in, method=method)
        assert sessions.method_of(signed_in) is method
    account = accounts.get(session, alice.account_id)
    assert account is not None
    by_passkey, _ = sessions.after_passkey(
        session, services, browser_hash="0" * 64, account=account, current=None, device=""
    )
    assert sessions.method_of(by_passkey) is sessions.Method.PASSKEY
