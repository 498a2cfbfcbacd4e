"""Every page about a team's services and clients, in every state."""

from collections.abc import Iterator

from idp.domain import clients, team_services
from idp.domain.team_services import Seen
from tests.acceptance.shown import Shown, mistakes, newcomer, speak
from tests.acceptance.walking import enter_code, enter_email, enter_password
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

SERVICES = "/team/services"
SERVICE = f"{SERVICES}/<service_id>"


def come_to_the_console(
    visitor: Visitor, street: Street, citizen: Citizen, language: str = "en"
) -> None:
    """Sign in to the pages for service teams; end on the list of services."""
    visitor.open(f"{street.issuer}team")
    visitor.submit(1)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.page.url == f"{street.issuer}team"
    speak(visitor, language)


def add_service(visitor: Visitor, name: str, department: str = "Permits Agency") -> None:
    """From the page of a new service to the page of that service."""
    visitor.fill("department", department)
    visitor.fill("name", name)
    visitor.submit()


def go_live(street: Street, name: str) -> RelyingParty:
    """Give the service a production client, as operators do."""
    live = RelyingParty(street.issuer, more={"service": name, "environment": "production"})
    with street.records() as session:
        clients.apply(session, street.services, live.registration())
    return live


def adding_a_service(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The list of services, a new one, its page, and what citizens see of it."""
    citizen = newcomer(street, "teams")
    come_to_the_console(visitor, street, citizen, language)
    yield Shown("/team", "without a service")
    visitor.follow("/team/services/new")
    yield Shown(f"{SERVICES}/new")
    visitor.submit()
    yield Shown(f"{SERVICES}/new", "empty")
    add_service(visitor, "Check your tax account")
    yield Shown(f"{SERVICES}/new", "a name that is taken")
    wrong = {"too long": "x" * 256, "unreadable": "a\x01b"}
    yield from mistakes(visitor, f"{SERVICES}/new", "name", wrong)
    name = f"Apply for a permit {citizen.email.partition('@')[0]}"
    add_service(visitor, name)
    yield Shown(SERVICE)
    page = visitor.page.url
    visitor.open(f"{street.issuer}team")
    yield Shown("/team")
    visitor.open(f"{page}/branding")
    yield Shown(f"{SERVICE}/branding")
    visitor.fill("landing_page", "permits")
    visitor.fill("name", "")
    visitor.submit()
    yield Shown(f"{SERVICE}/branding", "wrong")
    visitor.fill("landing_page", "")
    visitor.fill("name", "Check your tax account")
    visitor.submit()
    yield Shown(f"{SERVICE}/branding", "a name that is taken")
    go_live(street, name)
    visitor.fill("name", name)
    visitor.fill("landing_page", "http://localhost:3000/")
    visitor.submit()
    yield Shown(f"{SERVICE}/branding", "a landing page for nobody else")
    visitor.open(page)
    yield Shown(SERVICE, "live")
    with street.records() as session:
        for number in range(team_services.MOST_SERVICES - 1):
            seen = Seen(f"{name} {number}", None)
            team_services.create(session, street.services, citizen.account_id, "Permits", seen)
    visitor.open(f"{street.issuer}team/services/new")
    add_service(visitor, f"{name} again")
    yield Shown(f"{SERVICES}/new", "too many")


WALKS = {"adding a service": adding_a_service}
ROUTES = {"/team", f"{SERVICES}/new", SERVICE, f"{SERVICE}/branding"}
