"""Every page about a team's services and clients, in every state."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import select

from idp.domain import client_drafts, clients, members, team_changes, team_services
from idp.domain.members import Member, Role
from idp.domain.team_services import Seen
from tests.acceptance.shown import Shown, mistakes, newcomer, speak, stranger
from tests.acceptance.walking import enter_code, enter_email, enter_password
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import PrivateKey, RelyingParty, ec_key, rsa_key
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


def go_live(street: Street, name: str, **more: object) -> RelyingParty:
    """Give the service a production client, as operators do."""
    live = RelyingParty(street.issuer, more={"service": name, "environment": "production", **more})
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
    wrong = {"too long": "x" * 256, "unreadable": "a\x01b", "other letters": "\u0410pply"}
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


CALLBACK = "https://permits.example/callback"
NEW = f"{SERVICE}/clients/new"
FIELD = f"{NEW}/<field>"
CLIENT = f"{SERVICE}/clients/<client_id>"
CHANGE = f"{CLIENT}/change/<field>"


def typing_wrong(visitor: Visitor, route: str, name: str, typed: dict[str, str]) -> Iterator[Shown]:
    """Type what is wrong into the one field of a question."""
    states = {f"{name}, {state}": value for state, value in typed.items()}
    yield from mistakes(visitor, route, "value", states)


def choosing_nothing(visitor: Visitor) -> None:
    """Send a question without a choice, as nobody can who has made one before."""
    for chosen in visitor.page.locator("input[type=radio]:checked").all():
        chosen.evaluate("radio => { radio.checked = false; }")
    visitor.submit()


def wrong_keys() -> dict[str, str]:
    """What can be pasted that is no public key."""
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    other = ec.generate_private_key(ec.SECP384R1())
    good = pem(ec_key("walk"))
    private = ec_key("walk").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "no key": "a key",
        "several": good + pem(rsa_key("walk")),
        "of a wrong kind": pem(other),
        "too weak": pem(small),
        "private": private.decode(),
    }


def pem(key: PrivateKey) -> str:
    """The public half of a key, as people paste it."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def with_a_service(
    visitor: Visitor, street: Street, name: str, language: str
) -> tuple[Citizen, str]:
    """Somebody at the page of a service of their own; they, and the address of the page."""
    citizen = newcomer(street, name)
    come_to_the_console(visitor, street, citizen, language)
    visitor.follow("/team/services/new")
    add_service(visitor, f"Apply for a permit {citizen.email.partition('@')[0]}")
    return citizen, visitor.page.url


def registering_a_client(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Every question about a new client, what can be answered wrongly, and the end."""
    citizen, page = with_a_service(visitor, street, "registering", language)
    visitor.follow(f"{page.removeprefix(street.issuer.rstrip('/'))}/clients/new")
    yield Shown(FIELD, "redirect addresses")
    wrong = {
        "none": "",
        "none whole": "permits",
        "with a fragment": f"{CALLBACK}#top",
        "not https": "http://permits.example/",
        "with our answers": f"{CALLBACK}?code=1",
    }
    yield from typing_wrong(visitor, FIELD, "redirect addresses", wrong)
    visitor.fill("value", CALLBACK)
    visitor.press({"en": "Add", "cy": "Ychwanegu"}[language])
    yield Shown(FIELD, "redirect addresses, one there")
    yield from typing_wrong(visitor, FIELD, "redirect addresses", {"twice": CALLBACK})
    visitor.fill("value", "https://other.example/")
    visitor.submit(1)
    yield Shown(FIELD, "sector")
    visitor.fill("value", "https://permits.example")
    visitor.submit()
    yield Shown(FIELD, "authentication")
    choosing_nothing(visitor)
    yield Shown(FIELD, "authentication, nothing chosen")
    visitor.choose("value", "jwks")
    visitor.submit()
    yield Shown(FIELD, "key address")
    yield from answering_wrongly(visitor, page, language)
    yield from clashing(visitor, street, citizen, page)
    yield from having_too_many(visitor, street, citizen, page)


def answering_wrongly(visitor: Visitor, page: str, language: str) -> Iterator[Shown]:
    """The other questions, each answered wrongly."""
    visitor.open(f"{page}/clients/new/public-key")
    yield Shown(FIELD, "public key")
    yield from typing_wrong(visitor, FIELD, "public key", wrong_keys())
    visitor.open(f"{page}/clients/new/name")
    yield Shown(FIELD, "name")
    yield from typing_wrong(visitor, FIELD, "name", {"empty": "", "not ascii": "é"})
    visitor.open(f"{page}/clients/new/contacts")
    yield Shown(FIELD, "contacts")
    yield from typing_wrong(visitor, FIELD, "contacts", {"wrong": "nobody"})
    visitor.fill("value", "")
    visitor.press({"en": "Add", "cy": "Ychwanegu"}[language])
    yield Shown(FIELD, "contacts, empty")
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.locator("main button[name=remove]").click()
    yield Shown(FIELD, "contacts, the last one removed")
    visitor.open(f"{page}/clients/new/pkce")
    yield Shown(FIELD, "pkce")
    choosing_nothing(visitor)
    yield Shown(FIELD, "pkce, nothing chosen")


def clashing(visitor: Visitor, street: Street, citizen: Citizen, page: str) -> Iterator[Shown]:
    """A list that is full, answers that cannot stand together, and others that can."""
    full = {"post_logout_redirect_uris": [f"{CALLBACK}/{n}" for n in range(100)]}
    with street.records() as session:
        [service_id] = session.scalars(
            select(Member.service_id).where(Member.account_id == citizen.account_id)
        )
        client_drafts.keep(session, street.services, service_id, citizen.account_id, full, begun={})
    visitor.open(f"{page}/clients/new/after-sign-out")
    yield from typing_wrong(visitor, FIELD, "after sign-out", {"too many": CALLBACK})
    for other in ("identity", "claims", "service-type", "after-sign-out", "back-channel"):
        visitor.open(f"{page}/clients/new/{other}")
        if other != "after-sign-out":
            yield Shown(FIELD, other)
    visitor.open(f"{page}/clients/new/identity")
    visitor.choose("value", "yes")
    visitor.submit()
    visitor.open(f"{page}/clients/new/public-key")
    visitor.fill("value", pem(ec_key("walk")))
    visitor.submit()
    yield Shown(f"{NEW}/check", "that cannot be")
    visitor.submit()
    yield Shown(f"{NEW}/check", "that cannot be, sent")
    visitor.open(f"{page}/clients/new/identity")
    visitor.choose("value", "no")
    visitor.submit()
    visitor.open(f"{page}/clients/new/authentication")
    visitor.choose("value", "client_secret_basic")
    visitor.submit()
    yield Shown(f"{NEW}/check")
    visitor.submit()
    yield Shown(f"{NEW}/check", "registered, with a secret")
    client = visitor.page.locator("main a[href*='/clients/']").last.get_attribute("href") or ""
    yield from changing_it(visitor, street, f"{street.issuer.rstrip('/')}{client}")


def having_too_many(
    visitor: Visitor, street: Street, citizen: Citizen, page: str
) -> Iterator[Shown]:
    """A service that may have no further client."""
    with street.records() as session:
        for _ in range(client_drafts.MOST_CLIENTS):
            more = {"service": f"Apply for a permit {citizen.email.partition('@')[0]}"}
            party = RelyingParty(street.issuer, more=more)
            clients.apply(session, street.services, party.registration())
    visitor.open(f"{page}/clients/new/redirect-addresses")
    visitor.fill("value", CALLBACK)
    visitor.submit(1)
    visitor.choose("value", "client_secret_basic")
    visitor.submit()
    visitor.submit()
    yield Shown(f"{NEW}/check", "too many")


def changing_it(visitor: Visitor, street: Street, client: str) -> Iterator[Shown]:
    """A client with a secret, and what it cannot become."""
    visitor.open(f"{client}?registered=1")
    yield Shown(CLIENT, "registered")
    visitor.open(client)
    yield Shown(CLIENT)
    clashing = {"identity": "yes", "signed-requests": "yes", "profile": "one_login"}
    for field, value in clashing.items():
        visitor.open(f"{client}/change/{field}")
        visitor.choose("value", value)
        visitor.submit()
        yield Shown(CHANGE, f"{field}, with a secret")
    visitor.open(f"{client}/change/confidence")
    visitor.page.locator("input[name=value][value=P2]").check()
    visitor.submit()
    yield Shown(CHANGE, "confidence, without identity")
    visitor.open(f"{client}/change/max-age")
    yield Shown(CHANGE)
    visitor.choose("value", "yes")
    visitor.submit()
    yield Shown(CLIENT, "changed")
    visitor.open(f"{client}/change/authentication")
    visitor.choose("value", "key")
    visitor.submit()
    visitor.fill("value", pem(ec_key("walk")))
    visitor.submit()
    visitor.open(f"{client}/change/authentication")
    visitor.choose("value", "client_secret_post")
    visitor.submit()
    yield Shown(CHANGE, "a new secret")


def changing_a_live_client(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A live client, whose changes wait, and what it cannot become."""
    citizen, page = with_a_service(visitor, street, "live", language)
    name = f"Apply for a permit {citizen.email.partition('@')[0]}"
    live = go_live(street, name, sector_identifier_uri=None)
    client = f"{page}/clients/{live.client_id}"
    visitor.open(f"{client}/change/redirect-addresses")
    yield Shown(CHANGE, "of a live client")
    wrong = {
        "this machine": "https://localhost/",
        "another host": "https://other.example/",
        "a private address": "https://10.0.0.1/",
        "an odd path": f"{live.origin}/a/../b",
    }
    yield from typing_wrong(visitor, CHANGE, "of a live client", wrong)
    visitor.open(f"{client}/change/sector")
    yield from typing_wrong(
        visitor, CHANGE, "sector of a live client", {"other": "https://a.example"}
    )
    visitor.open(f"{client}/change/redirect-addresses")
    visitor.fill("value", f"{live.origin}/another")
    visitor.submit(1)
    yield Shown(CLIENT, "a change waits")
    with street.records() as session:
        other = enrol(session, street.services, stranger("colleague"))
        [service_id] = session.scalars(
            select(Member.service_id).where(Member.account_id == citizen.account_id)
        )
        members.add(session, street.services, service_id, other.account_id, Role.WRITER)
        asked = team_changes.waiting(session, live.client_id)
        assert asked is not None
        asked.requested_by = other.account_id
    visitor.open(f"{client}/change/pkce")
    visitor.choose("value", "no")
    visitor.submit()
    yield Shown(CHANGE, "another’s change waits")


WALKS = {
    "adding a service": adding_a_service,
    "registering a client": registering_a_client,
    "changing a live client": changing_a_live_client,
}
ROUTES = {
    "/team",
    f"{SERVICES}/new",
    SERVICE,
    f"{SERVICE}/branding",
    FIELD,
    f"{NEW}/check",
    CLIENT,
    CHANGE,
}
