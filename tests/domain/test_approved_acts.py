"""What needs a second person: decided by another operator, and done in the same moment or not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import approved_acts, change_requests, clients, operators, suspensions
from idp.domain.approved_acts import ACTS, Act, CannotBeDone, NotAnOperator, NotWaiting, OwnRequest
from idp.domain.audit_entries import AuditEntry
from idp.domain.change_requests import ChangeRequest, State, WaitsAlready
from idp.domain.clients import Client
from idp.domain.grants import Grant
from idp.domain.sessions import BrowserSession
from tests.domain.conftest import Installation
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.relying_party import RelyingParty

ASKING, DECIDING, THIRD = "asks@example.com", "decides@example.com", "third@example.com"


@pytest.fixture
def people(installation: Installation) -> dict[str, str]:
    """Three operators and a client; the account of each by its address."""
    with installation.session() as session, session.begin():
        known = {}
        for email in (ASKING, DECIDING, THIRD):
            known[email] = enrol(session, installation.services, Citizen(email)).account_id
            operators.add(session, installation.services, known[email])
        clients.apply(session, installation.services, RelyingParty(ISSUER).registration())
    return known


@pytest.fixture
def ask(installation: Installation, people: dict[str, str]) -> Callable[[], str]:
    """Asks to suspend the client, and returns the request's id."""

    def submitted() -> str:
        with installation.session() as session, session.begin():
            client = session.scalars(sa.select(Client)).one()
            return change_requests.submit(
                session,
                installation.services,
                suspensions.SUSPEND,
                {"ticket": "T-1"},
                by=people[ASKING],
                reason="tokens leak",
                service_id=client.service_id,
                client_id=client.client_id,
            ).id

    return submitted


def state_of(installation: Installation, request_id: str) -> tuple[str, str]:
    with installation.session() as session:
        asked = session.get_one(ChangeRequest, request_id)
        client = session.scalars(sa.select(Client)).one()
        return asked.state, client.state


def facts(installation: Installation) -> list[str]:
    with installation.session() as session:
        return list(session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)))


def test_what_another_operator_approves_is_done(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin():
        done = approved_acts.approve(session, installation.services, request, by=people[DECIDING])
        assert done.decided_by == people[DECIDING]
    assert state_of(installation, request) == ("approved", "suspended")
    assert facts(installation)[-2:] == ["request_decided", "client_suspended"]


def test_nobody_approves_what_they_asked_for(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin(), pytest.raises(OwnRequest):
        approved_acts.approve(session, installation.services, request, by=people[ASKING])
    assert state_of(installation, request) == ("submitted", "active")
    assert facts(installation)[-1] == "own_request_not_approved"


@pytest.mark.parametrize("act", [approved_acts.refuse, approved_acts.ask_for_changes])
def test_what_is_not_approved_is_not_done(
    installation: Installation,
    people: dict[str, str],
    ask: Callable[[], str],
    act: Callable[..., ChangeRequest],
) -> None:
    request = ask()
    with installation.session() as session, session.begin():
        decided = act(
            session, installation.services, request, by=people[DECIDING], words="not like this"
        )
        assert decided.decision == "not like this"
    assert state_of(installation, request)[1] == "active"
    with installation.session() as session, session.begin(), pytest.raises(NotWaiting):
        approved_acts.approve(session, installation.services, request, by=people[THIRD])


def test_only_who_asked_takes_it_back(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin():
        with pytest.raises(NotWaiting):
            approved_acts.withdraw(session, installation.services, request, by=people[DECIDING])
        approved_acts.withdraw(session, installation.services, request, by=people[ASKING])
    assert state_of(installation, request) == ("withdrawn", "active")


def test_who_is_no_operator_any_more_decides_nothing(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin():
        operators.remove(session, installation.services, people[DECIDING])
        with pytest.raises(NotAnOperator):
            approved_acts.approve(session, installation.services, request, by=people[DECIDING])
    assert state_of(installation, request) == ("submitted", "active")


def test_what_cannot_be_done_any_more_is_told_and_stays_waiting(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin():
        client = session.scalars(sa.select(Client)).one()
        assert suspensions.suspend(session, client.client_id, installation.clock.now())
    told = pytest.raises(CannotBeDone, match="suspended already")
    with installation.session() as session, session.begin(), told:
        approved_acts.approve(session, installation.services, request, by=people[DECIDING])
    assert state_of(installation, request)[0] == "submitted"
    assert "request_decided" not in facts(installation)


@pytest.fixture
def half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """An act that breaks when it has written half of what it does."""

    def breaks(session: Session, *_: object) -> None:
        session.execute(sa.update(Client).values(state="suspended"))
        raise CannotBeDone("Half of it was done.")

    monkeypatch.setitem(ACTS, suspensions.SUSPEND, Act(suspensions.SUSPEND, breaks))


@pytest.mark.usefixtures("half_done")
def test_half_an_act_leaves_nothing(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin(), pytest.raises(CannotBeDone):
        approved_acts.approve(session, installation.services, request, by=people[DECIDING])
    assert state_of(installation, request) == ("submitted", "active")


def test_an_approval_that_is_not_committed_leaves_nothing(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    """Also on SQLite, which would take a first savepoint for a transaction of its own."""
    request = ask()
    with installation.session() as session:
        approved_acts.approve(session, installation.services, request, by=people[DECIDING])
        session.rollback()
    assert state_of(installation, request) == ("submitted", "active")


def test_what_an_operator_asked_for_who_is_none_any_more_is_not_done(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request = ask()
    with installation.session() as session, session.begin():
        operators.remove(session, installation.services, people[ASKING])
    told = pytest.raises(CannotBeDone, match="may not ask for it any more")
    with installation.session() as session, session.begin(), told:
        approved_acts.approve(session, installation.services, request, by=people[DECIDING])
    assert state_of(installation, request) == ("submitted", "active")
    with installation.session() as session, session.begin():
        approved_acts.refuse(
            session, installation.services, request, by=people[DECIDING], words="ask anew"
        )


@pytest.mark.parametrize("what", ["client_id", "about"])
def test_of_one_kind_one_request_waits_for_one_thing(
    installation: Installation, people: dict[str, str], what: str
) -> None:
    start = Barrier(4)

    def submit(number: int) -> bool:
        services = installation.another_process()
        with installation.session() as session:
            session.execute(sa.text("SELECT 1"))
            start.wait(20)
            by = people[(ASKING, DECIDING)[number % 2]]
            # Another kind, or another thing, is none of its business.
            change_requests.submit(
                session, services, "change_limits", {}, by=by, about=f"another {number}"
            )
            try:
                change_requests.submit(
                    session, services, "block_account", {}, by=by, **{what: "the same"}
                )
            except WaitsAlready:
                session.commit()
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(submit, range(4))) == [False, False, False, True]
    with installation.session() as session, session.begin():
        kinds = sorted(each.kind for each in change_requests.waiting(session))
        assert kinds == ["block_account", *["change_limits"] * 4]
        (asked,) = (r for r in change_requests.waiting(session) if r.kind == "block_account")
        change_requests.decide(
            session, installation.services, asked.id, State.REFUSED, by=people[THIRD]
        )
        services = installation.services
        change_requests.submit(
            session, services, asked.kind, {}, by=people[THIRD], **{what: "the same"}
        )


def test_two_operators_at_once_do_it_once(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    request, start = ask(), Barrier(4)

    def approve(number: int) -> bool:
        services = installation.another_process()
        with installation.session() as session:
            session.execute(sa.text("SELECT 1"))
            start.wait(20)
            try:
                by = people[(DECIDING, THIRD)[number % 2]]
                approved_acts.approve(session, services, request, by=by)
                session.commit()
            except NotWaiting:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(approve, range(4)))
    assert sorted(outcomes) == [False, False, False, True]
    assert facts(installation).count("client_suspended") == 1
    assert facts(installation).count("request_decided") == 1


def test_a_suspended_client_keeps_no_token(
    installation: Installation, people: dict[str, str], ask: Callable[[], str]
) -> None:
    with installation.session() as session, session.begin():
        client, now = session.scalars(sa.select(Client)).one().client_id, installation.clock.now()
        signed_in_cookie(session, installation.services, Citizen(THIRD, account_id=people[THIRD]))
        sid = session.scalars(sa.select(BrowserSession.sid)).one()
        for number, whose in enumerate((client, "another")):
            session.add(_grant(now, sid, people[THIRD], whose, number))
        session.flush()
        suspensions.suspend(session, client, now)
    with installation.session() as session:
        rows = session.execute(sa.select(Grant.client_id, Grant.revoked_at)).all()
    assert {row[0]: row[1] for row in rows} == {client: now, "another": None}


def _grant(now: int, sid: str, account_id: str, client_id: str, number: int) -> Grant:
    return Grant(
        id=f"{number:032}", account_id=account_id, sid=sid, client_id=client_id, subject="s",
        code_hash=f"{number:064}", code_expires_at=now + 60, code_consumed_at=now,
        redirect_uri="r", scope="openid", level="Cl", session_level="Cl", amr="pwd",
        auth_time=now, access_expires_at=now + 180, created_at=now,
    )  # fmt: skip
