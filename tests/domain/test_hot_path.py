"""The hot path's statements: one outcome each, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import account_changes, accounts, grants, identities, sessions
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.grants import AssertionUse, Grant
from idp.domain.hot_path import HotPath, NewGrant, Redemption
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.kernel.database import hot_engine_options
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.databases import server_version, wait_until_somebody_waits
from tests.support.identity import prove

CODE = "the code"
REDIRECT = "https://a.example/callback"


@pytest.fixture
def path(services: Services) -> Iterator[HotPath]:
    engine = _hot_engine(services.settings.database_url)
    yield HotPath(engine)
    engine.dispose()


@pytest.fixture
def alice(session: Session, services: Services) -> Citizen:
    citizen = enrol(session, services)
    session.commit()
    return citizen


@pytest.fixture
def cookie(session: Session, services: Services, alice: Citizen) -> str:
    secret = signed_in_cookie(session, services, alice)
    session.commit()
    return secret


@pytest.fixture
def signed_in(session: Session, cookie: str) -> BrowserSession:
    return session.scalars(sa.select(BrowserSession)).one()


@pytest.fixture
def grant(services: Services, signed_in: BrowserSession) -> NewGrant:
    now = services.clock.now()
    return NewGrant(
        id=services.entropy.identifier(),
        account_id=signed_in.account_id,
        sid=signed_in.sid,
        client_id="a-client",
        subject="alice at a",
        code_hash=grants.code_hash(CODE),
        code_expires_at=now + 60,
        redirect_uri=REDIRECT,
        code_challenge="challenge",
        nonce="a nonce",
        scope="openid email",
        level="Cl",
        session_level="Cl.Cm",
        amr="pwd otp mfa",
        auth_time=now - 5,
        created_at=now,
        journey_id=None,
        request_id="REQ",
    )


@pytest.fixture
def redemption(services: Services) -> Redemption:
    now = services.clock.now()
    return Redemption(
        code_hash=grants.code_hash(CODE),
        client_id="a-client",
        redirect_uri=REDIRECT,
        challenge="challenge",
        jti_hash="1" * 64,
        jti_expires_at=now + 300,
        now=now,
        access_expires_at=now + 180,
        request_id="REQ",
    )


def _facts(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    rows = session.execute(
        sa.select(AuditEntry.fact, AuditEntry.detail)
        .where(AuditEntry.client_id == "a-client")
        .order_by(AuditEntry.id)
    )
    return [(fact, detail) for fact, detail in rows]


def _release(path: HotPath, grant: NewGrant, now: int, client_id: str = "a-client") -> object:
    return path.release(grant_id=grant.id, client_id=client_id, now=now, request_id="REQ")


def _end_session(session: Session, signed_in: BrowserSession) -> None:
    signed_in.ended_at = 1
    session.commit()


def _suspend(session: Session, citizen: Citizen) -> None:
    account = accounts.get(session, citizen.account_id)
    assert account is not None
    account.state = "suspended"
    session.commit()


def test_the_database_is_the_one_that_was_asked_for(services: Services, path: HotPath) -> None:
    version = server_version(services.settings.database_url)
    postgresql = services.settings.database_url.startswith("postgresql")
    assert version.startswith("PostgreSQL" if postgresql else "SQLite")
    assert type(path._steps).__name__ == ("_PostgresqlSteps" if postgresql else "_SqliteSteps")


def test_a_live_session_tells_its_facts(
    path: HotPath, signed_in: BrowserSession, alice: Citizen, cookie: str, clock: FixedClock
) -> None:
    hashed, now = sessions.cookie_hash(cookie), clock.now()
    seen = path.session(hashed, seen_after=now - 1, started_after=now - 1, reset_after=0)
    assert seen is not None
    assert seen.last_seen_at == now
    facts = seen.facts
    assert (facts.sid, facts.account_id, facts.email) == (
        signed_in.sid,
        alice.account_id,
        alice.email,
    )
    assert (facts.level, facts.amr) == ("Cl.Cm", ("pwd", "otp", "mfa"))
    assert (facts.account_state, facts.auth_time) == ("active", now)
    assert path.session(hashed, seen_after=now, started_after=0, reset_after=0) is None
    assert path.session(hashed, seen_after=0, started_after=now, reset_after=0) is None
    assert path.session("0" * 64, seen_after=0, started_after=0, reset_after=0) is None


def test_an_ended_session_has_no_facts(
    session: Session, path: HotPath, signed_in: BrowserSession, cookie: str
) -> None:
    _end_session(session, signed_in)
    assert (
        path.session(sessions.cookie_hash(cookie), seen_after=0, started_after=0, reset_after=0)
        is None
    )


def test_a_code_is_issued_redeemed_and_its_claims_released(
    session: Session,
    path: HotPath,
    grant: NewGrant,
    redemption: Redemption,
    alice: Citizen,
    clock: FixedClock,
) -> None:
    assert path.issue(grant)
    assertion_is_new, redeemed = path.redeem(redemption)
    assert assertion_is_new
    assert redeemed is not None
    assert redeemed.live
    assert redeemed.redirect_uri_matches
    assert redeemed.challenge_matches
    assert (redeemed.grant_id, redeemed.subject, redeemed.nonce) == (
        grant.id,
        "alice at a",
        "a nonce",
    )
    assert (redeemed.level, redeemed.session_level, redeemed.auth_time) == (
        "Cl",
        "Cl.Cm",
        grant.auth_time,
    )
    released = _release(path, grant, clock.now())
    assert released == (
        *(alice.account_id, "alice at a", "openid email", alice.email),
        *(None, None, None, None, None),
    )
    assert _facts(session) == [
        ("code_issued", "{}"),
        ("tokens_issued", "{}"),
        ("claims_released", "{}"),
    ]


IDENTITY_CLAIMS = '["https://vocab.example/core","https://vocab.example/address"]'


def test_a_grant_with_an_identity_tells_it_and_records_the_names(
    session: Session,
    services: Services,
    path: HotPath,
    grant: NewGrant,
    redemption: Redemption,
    alice: Citizen,
) -> None:
    proof_id = prove(session, services, alice, SAMPLE_PEOPLE["nia"])
    session.commit()
    grant = replace(
        grant, claims=IDENTITY_CLAIMS, confidence="P2", return_codes="B", proof_id=proof_id
    )
    assert path.issue(grant)
    _, redeemed = path.redeem(redemption)
    assert redeemed is not None
    assert (redeemed.claims, redeemed.live) == (IDENTITY_CLAIMS, True)
    released = path.release(
        grant_id=grant.id,
        client_id="a-client",
        now=grant.created_at,
        request_id="REQ",
        claims='["one"]',
    )
    assert released is not None
    assert (released.claims, released.confidence) == (IDENTITY_CLAIMS, "P2")
    assert released.return_codes == "B"
    assert released.proof_id == proof_id
    person = identities.opened(services, str(released.facts_sealed), proof_id)
    assert person == SAMPLE_PEOPLE["nia"]
    # The record says what is told of it, which may be less.
    assert _facts(session)[-1] == ("claims_released", '{"claims":["one"]}')


def test_a_proof_that_was_replaced_takes_its_grant_along(
    session: Session,
    services: Services,
    path: HotPath,
    grant: NewGrant,
    redemption: Redemption,
    alice: Citizen,
    clock: FixedClock,
) -> None:
    first = prove(session, services, alice, SAMPLE_PEOPLE["nia"])
    session.commit()
    path.issue(replace(grant, claims=IDENTITY_CLAIMS, confidence="P2", proof_id=first))
    path.redeem(redemption)
    assert _release(path, grant, clock.now()) is not None
    prove(session, services, alice, SAMPLE_PEOPLE["kwame"])
    session.commit()
    assert _release(path, grant, clock.now()) is None
    assert [fact for fact, _ in _facts(session)].count("claims_released") == 1


def test_another_accounts_proof_is_never_told(
    session: Session,
    services: Services,
    path: HotPath,
    grant: NewGrant,
    redemption: Redemption,
    clock: FixedClock,
) -> None:
    bob = enrol(session, services, Citizen("bob@example.com"))
    proof_id = prove(session, services, bob, SAMPLE_PEOPLE["kwame"])
    session.commit()
    path.issue(replace(grant, claims=IDENTITY_CLAIMS, confidence="P2", proof_id=proof_id))
    path.redeem(redemption)
    assert _release(path, grant, clock.now()) is None


@pytest.mark.parametrize("what", ["session", "account"])
def test_nothing_is_issued_to_somebody_who_left_meanwhile(
    session: Session,
    path: HotPath,
    grant: NewGrant,
    signed_in: BrowserSession,
    alice: Citizen,
    what: str,
) -> None:
    if what == "session":
        _end_session(session, signed_in)
    else:
        _suspend(session, alice)
    assert not path.issue(grant)
    assert _facts(session) == []
    assert session.scalars(sa.select(Grant)).all() == []


def test_a_code_is_claimed_once(path: HotPath, grant: NewGrant, redemption: Redemption) -> None:
    path.issue(grant)
    assert path.redeem(redemption)[1] is not None
    assert path.redeem(replace(redemption, jti_hash="2" * 64)) == (True, None)


def test_a_used_assertion_claims_nothing_and_leaves_the_code_alone(
    session: Session, path: HotPath, grant: NewGrant, redemption: Redemption
) -> None:
    path.issue(grant)
    session.add(
        AssertionUse(client_id="a-client", jti_hash="1" * 64, expires_at=redemption.jti_expires_at)
    )
    session.commit()
    assert path.redeem(redemption) == (False, None)
    _, redeemed = path.redeem(replace(redemption, jti_hash="2" * 64))
    assert redeemed is not None
    assert redeemed.live


def test_a_client_with_a_secret_uses_no_assertion(
    session: Session, path: HotPath, grant: NewGrant, redemption: Redemption
) -> None:
    path.issue(grant)
    assertion_is_new, redeemed = path.redeem(replace(redemption, jti_hash=None))
    assert assertion_is_new
    assert redeemed is not None
    assert session.scalars(sa.select(AssertionUse)).all() == []


@pytest.mark.parametrize(
    ("changed", "flag", "reason"),
    [
        ({"redirect_uri": "https://a.example/other"}, "redirect_uri_matches", "redirect_uri"),
        ({"challenge": "another"}, "challenge_matches", "pkce"),
        ({"challenge": None}, "challenge_matches", "pkce"),
        ({"now": 2_000_000_000}, "live", "not live"),
    ],
)
def test_a_code_asked_for_wrongly_is_burned(
    session: Session,
    path: HotPath,
    grant: NewGrant,
    redemption: Redemption,
    changed: dict[str, object],
    flag: str,
    reason: str,
) -> None:
    path.issue(grant)
    _, redeemed = path.redeem(replace(redemption, **changed))  # type: ignore[arg-type]
    assert redeemed is not None
    assert not getattr(redeemed, flag)
    assert path.redeem(replace(redemption, jti_hash="3" * 64))[1] is None
    assert _facts(session)[-1] == ("code_refused", f'{{"reason":"{reason}"}}')


def test_a_verifier_without_a_challenge_does_not_match(
    path: HotPath, grant: NewGrant, redemption: Redemption
) -> None:
    path.issue(replace(grant, code_challenge=None))
    _, redeemed = path.redeem(redemption)
    assert redeemed is not None
    assert not redeemed.challenge_matches


def test_another_clients_code_is_not_claimed(
    path: HotPath, grant: NewGrant, redemption: Redemption
) -> None:
    path.issue(grant)
    assert path.redeem(replace(redemption, client_id="another")) == (True, None)


@pytest.mark.parametrize("what", ["session", "account", "grant"])
def test_what_has_ended_gives_neither_tokens_nor_claims(
    session: Session,
    path: HotPath,
    grant: NewGrant,
    redemption: Redemption,
    signed_in: BrowserSession,
    alice: Citizen,
    clock: FixedClock,
    what: str,
) -> None:
    second = replace(grant, id="f" * 32, code_hash=grants.code_hash("another code"))
    path.issue(grant)
    path.issue(second)
    path.redeem(redemption)
    assert _release(path, grant, clock.now()) is not None
    if what == "session":
        _end_session(session, signed_in)
    elif what == "account":
        _suspend(session, alice)
    else:
        session.execute(sa.update(Grant).values(revoked_at=1))
        session.commit()
    assert _release(path, grant, clock.now()) is None
    _, redeemed = path.redeem(replace(redemption, code_hash=second.code_hash, jti_hash="2" * 64))
    assert redeemed is not None
    assert not redeemed.live


def test_claims_are_released_to_the_client_of_the_grant_while_its_token_lives(
    path: HotPath, grant: NewGrant, redemption: Redemption, clock: FixedClock
) -> None:
    path.issue(grant)
    assert _release(path, grant, clock.now()) is None, "no token yet"
    path.redeem(redemption)
    assert _release(path, grant, clock.now(), "another") is None
    assert _release(path, grant, clock.now() + 179) is not None
    assert _release(path, grant, clock.now() + 180) is None


def test_a_failed_write_leaves_nothing_and_the_next_one_works(
    session: Session, path: HotPath, grant: NewGrant
) -> None:
    assert path.issue(grant)
    with pytest.raises(Exception, match=r"(?i)unique"):
        path.issue(grant)
    assert path.issue(replace(grant, id="e" * 32, code_hash="e" * 64))
    assert len(_facts(session)) == 2


def test_a_database_without_tables_is_a_fault_and_not_an_answer(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = _hot_engine(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(OperationalError):
        HotPath(engine).session("0" * 64, seen_after=0, started_after=0, reset_after=0)
    engine.dispose()


def test_a_connection_that_broke_costs_one_request_and_no_more(postgres_url: str) -> None:
    engine = _hot_engine(postgres_url)
    path = HotPath(engine)
    pooled = engine.raw_connection()
    pid = pooled.driver_connection.info.backend_pid  # type: ignore[union-attr]
    pooled.close()
    other = sa.create_engine(postgres_url, poolclass=NullPool)
    with other.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    with pytest.raises(OperationalError):
        path.session("0" * 64, seen_after=0, started_after=0, reset_after=0)
    assert path.session("0" * 64, seen_after=0, started_after=0, reset_after=0) is None
    engine.dispose()


def _hot_engine(url: str) -> sa.Engine:
    options = hot_engine_options(url, threads=1)
    return sa.create_engine(options.pop("url"), **options)


def test_punishing_reuse_revokes_once_and_tells_whether_there_was_anything(
    session: Session, path: HotPath, grant: NewGrant, redemption: Redemption, clock: FixedClock
) -> None:
    path.issue(grant)
    path.redeem(redemption)
    assert grants.punish_reuse(session, CODE, "a-client", clock.now())
    assert grants.punish_reuse(session, CODE, "a-client", clock.now())
    assert not grants.punish_reuse(session, "no such code", "a-client", clock.now())
    session.commit()
    assert [fact for fact, _ in _facts(session)].count("code_replayed") == 1
    assert _release(path, grant, clock.now()) is None


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:1/none", "sqlite:////nowhere/onepass.db"]
)
def test_a_database_that_cannot_be_reached_is_the_same_fault(url: str) -> None:
    engine = _hot_engine(url)
    with pytest.raises(OperationalError):
        HotPath(engine).session("0" * 64, seen_after=0, started_after=0, reset_after=0)
    engine.dispose()


def test_no_code_is_issued_for_an_account_that_is_being_deleted(
    session: Session, services: Services, path: HotPath, signed_in: BrowserSession, grant: NewGrant
) -> None:
    """The read still finds the account; the write waits for the deletion, and has lost it then."""
    account = session.get_one(Account, signed_in.account_id)
    account_changes.delete_account(session, services, account, signed_in)
    with ThreadPoolExecutor(1) as pool:
        issued = pool.submit(path.issue, grant)
        wait_until_somebody_waits(services.settings.database_url)
        session.commit()
        assert issued.result(30) is False
    assert session.scalars(sa.select(Grant)).all() == []
    assert _facts(session) == []
