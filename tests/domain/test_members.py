"""Members of a service and invitations to its team, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from idp.domain import accounts, change_requests, clients, invitations, members
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client
from idp.domain.invitations import AlreadyMember, Invitation, TooManyInvitations
from idp.domain.members import LastManager, Member, Role
from idp.domain.outbox import OutboxMessage
from idp.domain.throttles import LIMITS, Kind, Locked
from tests.domain.conftest import Installation
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty


@pytest.fixture
def team(bare: Installation) -> "Team":
    """A service with one manager, and somebody who is no member."""
    with bare.session() as session:
        party = RelyingParty(bare.settings.issuer)
        applied = clients.apply(session, bare.services, party.registration())
        service_id = session.get_one(Client, applied.client_id).service_id
        mia = enrol(session, bare.services, Citizen("mia@example.com"))
        ned = enrol(session, bare.services, Citizen("ned@example.com"))
        members.add(session, bare.services, service_id, mia.account_id, Role.MANAGER)
        session.commit()
    return Team(bare, service_id, mia.account_id, ned.account_id)


class Team:
    """What these tests do again and again, each in a transaction of its own."""

    def __init__(self, at: Installation, service_id: str, mia: str, ned: str) -> None:
        self.at, self.service_id, self.mia, self.ned = at, service_id, mia, ned

    def invite(self, email: str, role: Role = Role.READER) -> None:
        with self.at.session() as session, session.begin():
            invitations.invite(
                session,
                self.at.services,
                self.service_id,
                email=email,
                role=role,
                by=self.mia,
                language="en",
            )

    def accept(self, invitation_id: str, account_id: str) -> str | None:
        with self.at.session() as session, session.begin():
            account = accounts.get(session, account_id)
            assert account is not None
            return invitations.accept(session, self.at.services, invitation_id, account)

    def open_ones(self) -> list[Invitation]:
        with self.at.session() as session:
            now = self.at.clock.now()
            return invitations.of_service(session, self.service_id, now)

    def role_of(self, account_id: str) -> Role | None:
        with self.at.session() as session:
            return members.role_in(session, self.service_id, account_id)

    def facts(self) -> list[str]:
        with self.at.session() as session:
            return list(session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)))


def test_only_who_has_the_address_accepts_and_only_once(team: Team) -> None:
    team.invite(" Ned@Example.com", Role.WRITER)
    [waiting] = team.open_ones()
    assert team.accept(waiting.id, team.mia) is None
    assert team.role_of(team.ned) is None
    assert team.accept(waiting.id, team.ned) == team.service_id
    assert team.role_of(team.ned) is Role.WRITER
    assert team.accept(waiting.id, team.ned) is None
    assert team.open_ones() == []
    assert team.facts()[-3:] == ["member_invited", "invitation_accepted", "member_added"]


def test_an_invitation_ends_after_seven_days_and_is_swept(team: Team) -> None:
    team.invite("ned@example.com")
    [waiting] = team.open_ones()
    team.at.clock.move(invitations.LIFETIME)
    assert team.open_ones() == []
    assert team.accept(waiting.id, team.ned) is None
    with team.at.session() as session, session.begin():
        assert invitations.sweep(session, team.at.clock.now()) == 1


def test_another_invitation_takes_the_place_of_the_first(team: Team) -> None:
    team.invite("ned@example.com", Role.MANAGER)
    [first] = team.open_ones()
    team.invite("NED@example.com", Role.READER)
    [second] = team.open_ones()
    assert team.accept(first.id, team.ned) is None
    assert team.accept(second.id, team.ned) == team.service_id
    assert team.role_of(team.ned) is Role.READER


def test_what_was_withdrawn_is_gone_and_another_service_cannot_withdraw(team: Team) -> None:
    team.invite("ned@example.com")
    [waiting] = team.open_ones()
    services = team.at.services
    with team.at.session() as session, session.begin():
        assert not invitations.withdraw(session, services, "other", waiting.id, by=team.mia)
        assert invitations.withdraw(session, services, team.service_id, waiting.id, by=team.mia)
    assert team.accept(waiting.id, team.ned) is None
    assert team.facts()[-1] == "invitation_withdrawn"


def test_a_member_is_not_invited_and_who_has_no_account_is_written_to_alike(team: Team) -> None:
    with pytest.raises(AlreadyMember):
        team.invite("mia@example.com")
    team.invite("ned@example.com")
    team.invite("nobody@example.com")
    with team.at.session() as session:
        written = list(session.scalars(sa.select(OutboxMessage.kind)))
    assert written == ["email", "email"]


def test_there_is_an_end_to_invitations(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    team.invite("a@example.com")
    team.invite("b@example.com")
    with pytest.raises(TooManyInvitations):
        team.invite("c@example.com")
    for _ in range(LIMITS[Kind.INVITATION].tries - 2):
        team.invite("a@example.com")
    with pytest.raises(Locked):
        team.invite("b@example.com")


def test_the_last_manager_stays_one(team: Team) -> None:
    services, service_id = team.at.services, team.service_id
    with team.at.session() as session, session.begin():
        members.add(session, services, service_id, team.ned, Role.WRITER)
        with pytest.raises(LastManager):
            members.remove(session, services, service_id, team.mia, by=team.mia)
        with pytest.raises(LastManager):
            members.change_role(session, services, service_id, team.mia, Role.READER, by=team.mia)
        assert members.change_role(
            session, services, service_id, team.ned, Role.MANAGER, by=team.mia
        )
        assert members.remove(session, services, service_id, team.mia, by=team.mia)
    assert (team.role_of(team.mia), team.role_of(team.ned)) == (None, Role.MANAGER)


@pytest.mark.parametrize(
    ("left", "kinds"),
    [
        (None, []),
        (Role.READER, []),
        (Role.WRITER, ["client_change"]),
        (Role.MANAGER, ["client_change", "go_live"]),
    ],
)
def test_who_may_not_ask_any_more_takes_back_what_they_asked_for(
    team: Team, left: Role | None, kinds: list[str]
) -> None:
    of_team = {"by": team.ned, "service_id": team.service_id}
    start = Role.WRITER if left is Role.MANAGER else Role.MANAGER
    with team.at.session() as session, session.begin():
        members.add(session, team.at.services, team.service_id, team.ned, start)
        for kind, asked in (("client_change", of_team), ("go_live", of_team), ("own", of_team)):
            change_requests.submit(session, team.at.services, kind, {}, **asked)
        mias = of_team | {"by": team.mia, "client_id": "other"}
        change_requests.submit(session, team.at.services, "go_live", {}, **mias)
        named = (session, team.at.services, team.service_id, team.ned)
        if left is None:
            assert members.remove(*named, by=team.mia)
            assert not members.remove(*named, by=team.mia)
        else:
            assert members.change_role(*named, left)
            assert not members.change_role(*named, left)
    with team.at.session() as session:
        waiting = change_requests.waiting(session)
        assert sorted(each.kind for each in waiting if each.requested_by == team.ned) == [
            *kinds,
            "own",
        ]
        assert [each.kind for each in waiting if each.requested_by == team.mia] == ["go_live"]


def test_an_invitation_counts_while_who_made_it_may_invite(team: Team) -> None:
    team.invite("ned@example.com", Role.MANAGER)
    [waiting] = team.open_ones()
    services, service_id = team.at.services, team.service_id
    with team.at.session() as session, session.begin():
        zoe = enrol(session, services, Citizen("zoe@example.com")).account_id
        members.add(session, services, service_id, zoe, Role.MANAGER)
        members.change_role(session, services, service_id, team.mia, Role.WRITER, by=zoe)
    assert team.open_ones() == []
    assert team.accept(waiting.id, team.ned) is None
    with team.at.session() as session:
        ned = session.get_one(accounts.Account, team.ned)
        assert invitations.waiting_for(session, ned, team.at.clock.now()) == []


def test_of_two_managers_who_leave_at_once_one_stays(team: Team) -> None:
    services, service_id = team.at.services, team.service_id
    for turn in range(5):
        with team.at.session() as session, session.begin():
            for account_id in (team.mia, team.ned):
                members.add(session, services, service_id, account_id, Role.MANAGER)
        barrier = Barrier(2)

        def leave(account_id: str, barrier: Barrier = barrier) -> bool:
            barrier.wait(30)
            with team.at.session() as session, session.begin():
                try:
                    return members.remove(session, services, service_id, account_id)
                except LastManager:
                    return False

        with ThreadPoolExecutor(2) as pool:
            left = list(pool.map(leave, (team.mia, team.ned)))
        assert sorted(left) == [False, True], turn
        with team.at.session() as session:
            assert len(session.scalars(sa.select(Member)).all()) == 1
