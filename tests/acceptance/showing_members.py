"""Every page about a service's members, in every state: what `showing` has for the other pages."""

from collections.abc import Callable, Iterator

from idp.domain import clients, invitations, members, throttles
from idp.domain.clients import Client
from idp.domain.invitations import Invitation
from idp.domain.members import Role
from idp.domain.throttles import LIMITS, Kind
from tests.acceptance.shown import Shown, newcomer
from tests.acceptance.walking import sign_in
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street


def service_of(street: Street, name: str) -> str:
    """The id of a service of this name, made with one client if there is none."""
    with street.records() as session:
        party = RelyingParty(street.issuer, client_id=name.replace(" ", "-"))
        applied = clients.apply(session, street.services, party.registration() | {"service": name})
        return session.get_one(Client, applied.client_id).service_id


def minding_the_members(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Inviting, changing and removing members, as a manager."""
    manager, reader = newcomer(street, "manager"), newcomer(street, "reader")
    service_id = service_of(street, f"Allotments {language}")
    with street.records() as session:
        for citizen, role in ((manager, Role.MANAGER), (reader, Role.READER)):
            members.add(session, street.services, service_id, citizen.account_id, role)
    sign_in(visitor, street, "tax", manager)
    visitor.open(f"{street.issuer}team?lng={language}")
    yield Shown("/team", "a member")
    team = f"{street.issuer}team/services/{service_id}"
    visitor.open(f"{team}/members/invite")
    yield Shown("/team/services/<service_id>/members/invite")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members/invite", "empty")
    visitor.choose("role", "WRITER")
    visitor.fill("email", reader.email)
    visitor.submit()
    yield Shown("/team/services/<service_id>/members/invite", "a member already")
    _fill_with_invitations(street, service_id, manager)
    visitor.fill("email", "one.more@example.com")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members/invite", "too many open")
    _fill_with_invitations(street, service_id, None)
    visitor.open(f"{team}/members/invite")
    visitor.choose("role", "WRITER")
    visitor.fill("email", "somebody.with.a.long.address@a.long.department.example.com")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members", "somebody invited")
    with street.records() as session:
        for _ in range(LIMITS[Kind.INVITATION].tries - 1):
            throttles.reserve(session, Kind.INVITATION, service_id, street.clock.now())
    visitor.open(f"{team}/members/invite")
    visitor.choose("role", "WRITER")
    visitor.fill("email", "somebody.else@example.com")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members/invite", "too many sent")
    visitor.open(f"{team}/members")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members")
    visitor.open(f"{team}/members/{manager.account_id}")
    yield Shown("/team/services/<service_id>/members/<member_id>")
    visitor.choose("role", "READER")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members/<member_id>", "the last manager")
    visitor.open(f"{team}/members/{reader.account_id}/remove")
    yield Shown("/team/services/<service_id>/members/<member_id>/remove")
    visitor.open(f"{team}/leave")
    yield Shown("/team/services/<service_id>/leave")
    visitor.submit()
    yield Shown("/team/services/<service_id>/leave", "the last manager")


def joining_a_team(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Being invited, and accepting."""
    manager, guest = newcomer(street, "manager"), newcomer(street, "guest")
    service_id = service_of(street, f"Beehives {language}")
    sign_in(visitor, street, "tax", guest)
    visitor.open(f"{street.issuer}team/invitations?lng={language}")
    yield Shown("/team/invitations", "none")
    with street.records() as session:
        members.add(session, street.services, service_id, manager.account_id, Role.MANAGER)
        invitations.invite(
            session,
            street.services,
            service_id,
            email=guest.email,
            role=Role.WRITER,
            by=manager.account_id,
            language=language,
        )
    visitor.open(f"{street.issuer}team")
    yield Shown("/team", "invited")
    visitor.follow("/team/invitations")
    yield Shown("/team/invitations")
    visitor.page.locator("main a[href*='/team/invitations/']").first.click()
    visitor.page.wait_for_url("**/team/invitations/*")
    visitor.look()
    yield Shown("/team/invitations/<invitation_id>")
    visitor.submit()
    yield Shown("/team/services/<service_id>/members", "as a writer")


def _fill_with_invitations(street: Street, service_id: str, by: Citizen | None) -> None:
    """As many open invitations as there may be, or none of them."""
    with street.records() as session:
        now = street.clock.now()
        if by is None:
            for each in invitations.of_service(session, service_id, now):
                session.delete(each)
            return
        for number in range(invitations.MOST_OPEN):
            address = f"{number}@example.com"
            session.add(
                Invitation(
                    id=street.services.entropy.identifier(),
                    service_id=service_id,
                    email=address,
                    email_key=address,
                    role=Role.READER.name,
                    invited_by=by.account_id,
                    invited_at=now,
                    expires_at=now + invitations.LIFETIME,
                )
            )


WALKS: dict[str, Callable[[Visitor, Street, str], Iterator[Shown]]] = {
    "minding the members": minding_the_members,
    "joining a team": joining_a_team,
}
ROUTES = {
    "/team",
    "/team/invitations",
    "/team/invitations/<invitation_id>",
    "/team/services/<service_id>/members",
    "/team/services/<service_id>/members/invite",
    "/team/services/<service_id>/members/<member_id>",
    "/team/services/<service_id>/members/<member_id>/remove",
    "/team/services/<service_id>/leave",
}
