"""Access tokens after they were issued: the same rule as UserInfo's, and giving one back."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import access_tokens, grants
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.grants import Grant
from idp.domain.hot_path import HotPath
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.support.citizens import enrol, signed_in_cookie
from tests.support.clock import FixedClock


@pytest.fixture
def grant(session: Session, services: Services, clock: FixedClock) -> Grant:
    """A grant whose code was redeemed just now."""
    citizen = enrol(session, services)
    signed_in_cookie(session, services, citizen)
    found = session.scalars(sa.select(BrowserSession)).one()
    now = clock.now()
    made = Grant(
        id="g" * 32, account_id=citizen.account_id, sid=found.sid, client_id="tax", subject="s",
        code_hash="h" * 64, code_expires_at=now + 60, code_consumed_at=now, redirect_uri="r",
        scope="openid", level="Cl", session_level="Cl", amr="pwd", auth_time=now,
        access_expires_at=now + 180, created_at=now,
    )  # fmt: skip
    session.add(made)
    session.commit()
    return made


def is_live(session: Session, services: Services, now: int, client_id: str = "tax") -> bool:
    """What both statements say; they must agree."""
    engine = sa.create_engine(
        services.settings.database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    released = HotPath(engine).release(
        grant_id="g" * 32, client_id=client_id, now=now, request_id=None
    )
    found = access_tokens.live_grant(session, "g" * 32, client_id, now)
    session.rollback()
    assert (released is None) is (found is None), "UserInfo and introspection disagree"
    return found is not None


def _revoke(session: Session, grant: Grant, now: int) -> None:
    grant.revoked_at = now


def _sign_out(session: Session, grant: Grant, now: int) -> None:
    session.get_one(BrowserSession, grant.sid).ended_at = now


def _suspend(session: Session, grant: Grant, now: int) -> None:
    session.get_one(Account, grant.account_id).state = "suspended"


def _never_redeemed(session: Session, grant: Grant, now: int) -> None:
    grant.access_expires_at = None


ENDS: list[Callable[[Session, Grant, int], None]] = [_revoke, _sign_out, _suspend, _never_redeemed]


@pytest.mark.parametrize("end", ENDS)
def test_a_grant_is_dead_to_userinfo_and_to_introspection_alike(
    session: Session,
    services: Services,
    clock: FixedClock,
    grant: Grant,
    end: Callable[[Session, Grant, int], None],
) -> None:
    assert is_live(session, services, clock.now())
    assert not is_live(session, services, clock.now(), "another client")
    assert is_live(session, services, clock.now() + 179)
    assert not is_live(session, services, clock.now() + 180)
    end(session, grant, clock.now())
    session.commit()
    assert not is_live(session, services, clock.now())


def test_a_grant_is_revoked_once(session: Session, clock: FixedClock, grant: Grant) -> None:
    assert access_tokens.revoke(session, grant, clock.now())
    assert not access_tokens.revoke(session, grant, clock.now())
    session.commit()
    facts = session.scalars(sa.select(AuditEntry.fact).where(AuditEntry.client_id == "tax")).all()
    assert facts.count("token_revoked") == 1


def test_an_assertion_is_used_once(session: Session) -> None:
    assert grants.use_assertion(session, "tax", "jti", 9)
    assert not grants.use_assertion(session, "tax", "jti", 10)
    assert grants.use_assertion(session, "housing", "jti", 9)
