"""Every page about a team's test citizens: what `showing` has for the other pages."""

from collections.abc import Callable, Iterator

from idp.domain import members, test_citizens
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.test_citizens import Made
from relying_party_demo.department import read
from tests.acceptance.showing_members import service_of
from tests.acceptance.shown import Shown, newcomer
from tests.acceptance.walking import sign_in
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, enrol
from tests.support.servers import Street


def making_test_citizens(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Making one, looking at it, and deleting it."""
    writer = newcomer(street, "makes.citizens")
    service_id = service_of(street, f"Cattle grids {language}")
    with street.records() as session:
        members.add(session, street.services, service_id, writer.account_id, Role.WRITER)
    sign_in(visitor, street, "tax", writer)
    pages = f"{street.issuer}team/services/{service_id}/test-citizens"
    visitor.open(f"{pages}?lng={language}")
    yield Shown("/team/services/<service_id>/test-citizens", "none")
    visitor.open(f"{pages}/new")
    yield Shown("/team/services/<service_id>/test-citizens/new")
    visitor.submit()
    yield Shown("/team/services/<service_id>/test-citizens/new", "empty")
    visitor.choose("state", "proved")
    visitor.fill("name", "Nia Roberts")
    visitor.submit()
    yield Shown("/team/services/<service_id>/test-citizens/new", "no name for an address")
    visitor.fill("name", "nia")
    visitor.submit()
    yield Shown("/team/services/<service_id>/test-citizens/<citizen_id>")
    one = visitor.page.url
    visitor.open(pages)
    yield Shown("/team/services/<service_id>/test-citizens")
    visitor.open(f"{pages}/new")
    visitor.choose("state", "new")
    visitor.fill("name", "nia")
    visitor.submit()
    yield Shown("/team/services/<service_id>/test-citizens/new", "taken")
    with street.records() as session:
        for number in range(test_citizens.MOST - 1):
            test_citizens.make(
                session,
                street.services,
                service_id,
                name=f"no-{number}",
                state=Made.NEW,
                password="unused",
                password_hash="unused",
                language="en",
                by=writer.account_id,
            )
    visitor.fill("name", "one-too-many")
    visitor.submit()
    yield Shown("/team/services/<service_id>/test-citizens/new", "no more")
    visitor.open(f"{one}/delete")
    yield Shown("/team/services/<service_id>/test-citizens/<citizen_id>/delete")


def being_a_test_citizen(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """One whose address stays as it is."""
    with street.records() as session:
        service_id = session.get_one(
            Client, read("tax", street.department("tax")).client_id
        ).service_id
        one = Citizen(f"stays-{language}@{service_id}.test-citizens.example")
        enrol(session, street.services, one)
    sign_in(visitor, street, "tax", one)
    visitor.open(f"{street.issuer}account/email?lng={language}")
    yield Shown("/account/email", "of a test citizen")


WALKS: dict[str, Callable[[Visitor, Street, str], Iterator[Shown]]] = {
    "making test citizens": making_test_citizens,
    "being a test citizen": being_a_test_citizen,
}
ROUTES = {
    f"/team/services/<service_id>/test-citizens{page}"
    for page in ("", "/new", "/<citizen_id>", "/<citizen_id>/delete")
}
