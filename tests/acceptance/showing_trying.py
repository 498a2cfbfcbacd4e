"""Every page that helps a client to work, in every state: what `showing` has for other pages."""

from collections.abc import Iterator

from idp.domain import clients, members
from idp.domain.clients import Client
from idp.domain.members import Role
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.shown import Shown, Walk, newcomer
from tests.acceptance.walking import sign_in
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

CLIENT = "/team/services/<service_id>/clients/<client_id>"


def own_client(street: Street, member: Citizen, party: RelyingParty) -> str:
    """Register a client of a service that `member` may change; the address of its pages."""
    with street.records() as session:
        applied = clients.apply(session, street.services, party.registration())
        service_id = session.get_one(Client, applied.client_id).service_id
        members.add(session, street.services, service_id, member.account_id, Role.WRITER)
    return f"{street.issuer}team/services/{service_id}/clients/{applied.client_id}"


def reading_settings(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """What to copy, for a client with a key and for one with a secret."""
    member = newcomer(street, "copying")
    sign_in(visitor, street, "tax", member)
    keyed = RelyingParty(street.issuer, f"copying-key-{language}", more={"pkce_enforced": False})
    visitor.open(f"{own_client(street, member, keyed)}/settings?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/settings")
    by_secret = RelyingParty(
        street.issuer, f"copying-secret-{language}", method="client_secret_post"
    )
    visitor.open(f"{own_client(street, member, by_secret)}/settings")
    yield Shown("/team/services/<service_id>/clients/<client_id>/settings", "with a secret")


def reading_what_went_wrong(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The requests of a client, for its team and for an operator."""
    member, operator = newcomer(street, "reading"), new_operator(street)
    party = RelyingParty(street.issuer, f"reading-what-went-wrong-{language}")
    page = f"{own_client(street, member, party)}/requests"
    sign_in(visitor, street, "tax", member)
    visitor.open(f"{page}?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/requests", "nothing yet")
    for changes in ({"redirect_uri": f"{party.redirect_uri}/"}, {"redirect_uri": street.issuer}):
        visitor.open(party.url(party.ask(**changes)))
    visitor.open(page)
    yield Shown("/team/services/<service_id>/clients/<client_id>/requests")
    visitor.fill("reference", "0123456789ABCDEF")
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/requests", "no such reference")
    where = f"ops/clients/{party.client_id}/requests?lng={language}"
    visitor.context.clear_cookies()
    come_to(visitor, street, operator, where)
    yield Shown("/ops/clients/<client_id>/requests")
    visitor.fill("reference", "0123456789ABCDEF")
    visitor.submit()
    yield Shown("/ops/clients/<client_id>/requests", "no such reference")


def trying_a_client(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """Building a request, following it, and what came of it: good, faulty and refused."""
    member = newcomer(street, "trying")
    sign_in(visitor, street, "tax", member)
    party = RelyingParty(street.issuer, f"trying-{language}")
    page = f"{own_client(street, member, party)}/try"
    visitor.open(f"{page}?lng={language}")
    yield Shown("/team/services/<service_id>/clients/<client_id>/try")
    visitor.submit()
    yield Shown("/team/services/<service_id>/clients/<client_id>/try/<try_id>")
    visitor.page.locator("main a.govuk-button").click()
    visitor.page.wait_for_url("**/try/callback*")
    visitor.look()
    yield Shown("/try/callback")
    visitor.open(visitor.page.url)
    yield Shown("/try/callback", "a second time")
    visitor.open(page)
    visitor.fill("scope", "openid everything")
    visitor.submit()
    visitor.page.locator("main a.govuk-button").click()
    visitor.page.wait_for_url("**/try/callback*")
    yield Shown("/try/callback", "refused")
    signs = RelyingParty(
        street.issuer, f"trying-signed-{language}", more={"jar_validation_required": True}
    )
    visitor.open(f"{own_client(street, member, signs)}/try")
    yield Shown("/team/services/<service_id>/clients/<client_id>/try", "of one that signs")


WALKS: dict[str, Walk] = {
    "trying a client": trying_a_client,
    "reading settings": reading_settings,
    "reading what went wrong": reading_what_went_wrong,
}

ROUTES = {
    *(f"{CLIENT}/{page}" for page in ("settings", "requests", "try", "try/<try_id>")),
    "/try/callback",
    "/ops/clients/<client_id>/requests",
}
"""Every route of these pages that shows one."""
