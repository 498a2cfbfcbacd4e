"""Every page of the levers, in every state: what `showing` has for the other pages."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from idp.domain import change_requests, identities, recoveries, signing_keys, throttles
from idp.domain.accounts import Account
from idp.domain.change_requests import State
from idp.domain.citizen_levers import Lever
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.throttles import Kind
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.shown import Shown, Walk, newcomer
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, signed_in_cookie
from tests.support.servers import Street


def minding_the_keys(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A key of the checkpoints' ring and one of the tokens', from their making to their end."""
    come_to(visitor, street, new_operator(street), f"ops/keys?lng={language}")
    yield Shown("/ops/keys")
    visitor.open(f"{street.issuer}ops/keys/new")
    yield Shown("/ops/keys/new")
    visitor.submit()
    yield Shown("/ops/keys/new", "nothing chosen")
    visitor.choose("ring", "tokens:RS256")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "made")
    key = visitor.page.url
    visitor.open(f"{key}/activate")
    yield Shown("/ops/keys/<kid>/activate", "not published")
    visitor.open(f"{key}/publish")
    yield Shown("/ops/keys/<kid>/publish")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "published")
    visitor.open(f"{key}/activate")
    yield Shown("/ops/keys/<kid>/activate", "too early")
    visitor.open(f"{key}/retire")
    yield Shown("/ops/keys/<kid>/retire")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "given up")
    visitor.open(f"{street.issuer}ops/keys/new")
    visitor.choose("ring", "audit:ES256")
    visitor.submit()
    key = visitor.page.url
    visitor.open(f"{key}/publish")
    visitor.submit()
    visitor.open(f"{key}/activate")
    yield Shown("/ops/keys/<kid>/activate")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "current")


def minding_a_citizen(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A record, asked for rightly and wrongly, and each lever with what the citizen will see."""
    citizen = newcomer(street, "looked.up")
    here = f"{street.issuer}ops/citizens/{citizen.account_id}"
    route = "/ops/citizens/<account_id>"
    come_to(visitor, street, new_operator(street), f"ops/citizens?lng={language}")
    yield Shown("/ops/citizens")
    visitor.submit()
    yield Shown("/ops/citizens", "empty")
    visitor.fill("who", "nobody@example.com")
    visitor.fill("reason", "x" * 501)
    visitor.submit()
    yield Shown("/ops/citizens", "too long")
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    yield Shown("/ops/citizens", "nobody")
    visitor.open(here)
    yield Shown(route, "a reason first")
    visitor.submit()
    yield Shown(route, "no reason")
    with street.records() as session:
        _spoil(session, street, citizen)
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    yield Shown(route)
    visitor.open(f"{here}/restore")
    yield Shown(f"{route}/restore", "nothing to do")
    visitor.open(f"{here}/force-proof")
    yield Shown(f"{route}/force-proof")
    visitor.open(f"{here}/force-reset")
    yield Shown(f"{route}/force-reset")
    visitor.open(f"{here}/unlock")
    yield Shown(f"{route}/unlock")
    visitor.open(f"{here}/sign-out")
    yield Shown(f"{route}/sign-out")
    visitor.open(f"{here}/remove-second-factor")
    yield Shown(f"{route}/remove-second-factor")
    visitor.open(f"{here}/block")
    yield Shown(f"{route}/block")
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    yield Shown(route, "waiting for another")
    visitor.open(f"{here}/block")
    yield Shown(f"{route}/block", "waiting for another")
    visitor.open(f"{here}/suspend")
    yield Shown(f"{route}/suspend")
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    visitor.open(f"{here}/restore")
    yield Shown(f"{route}/restore")


def telling_everybody(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The notice to everybody, written rightly and wrongly."""
    come_to(visitor, street, new_operator(street), f"ops/banner?lng={language}")
    yield Shown("/ops/banner", "no notice")
    visitor.submit(1)
    yield Shown("/ops/banner", "empty")
    for name in ("english", "welsh"):
        visitor.fill(name, "x" * 301)
    visitor.fill("begins", "yesterday")
    visitor.fill("ends", "31 2 2027 9:00")
    visitor.submit(1)
    yield Shown("/ops/banner", "not a moment")
    visitor.fill("english", "Codes are slow today. We are mending it.")
    visitor.fill("welsh", "Mae codau’n araf heddiw. Rydym yn ei drwsio.")
    visitor.fill("begins", "1 1 2020 9:00")
    visitor.fill("ends", "1 1 2020 8:00")
    visitor.submit(1)
    yield Shown("/ops/banner", "over already")
    visitor.fill("ends", "1 1 2099 9:00")
    visitor.submit(1)
    yield Shown("/ops/banner", "too long")
    tomorrow = datetime.fromtimestamp(street.clock.now() + 86_400, UTC)
    yesterday = datetime.fromtimestamp(street.clock.now() - 86_400, UTC)
    visitor.fill("begins", f"{yesterday.day} {yesterday.month} {yesterday.year} 9:00")
    visitor.fill("ends", f"{tomorrow.day} {tomorrow.month} {tomorrow.year} 12:00")
    visitor.submit()
    yield Shown("/ops/banner", "previewed")
    visitor.submit(1)
    yield Shown("/ops/banner")
    visitor.open(f"{street.issuer}ops/banner/end")
    yield Shown("/ops/banner/end")
    visitor.submit()
    visitor.open(f"{street.issuer}ops/banner/end")
    yield Shown("/ops/banner/end", "nothing there")


def changing_what_is_set(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """The public list, the limits, and a key to be replaced at once."""
    come_to(visitor, street, new_operator(street), f"ops/services-list?lng={language}")
    yield Shown("/ops/services-list")
    visitor.open(f"{street.issuer}ops/settings/asked_again")
    with street.records() as session:
        _withdraw_changes(session)
    visitor.open(visitor.page.url)
    yield Shown("/ops/settings/<group>")
    visitor.submit()
    yield Shown("/ops/settings/<group>", "empty")
    shipped = throttles.LIMITS[Kind.REAUTH_EMAIL]
    visitor.fill("tries", str(shipped.tries))
    visitor.fill("hours", str(shipped.window // 3600))
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    yield Shown("/ops/settings/<group>", "in force already")
    visitor.fill("tries", "4")
    visitor.fill("hours", "2")
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    yield Shown("/ops/settings", "a change waits")
    visitor.open(f"{street.issuer}ops/settings/asked_again")
    yield Shown("/ops/settings/<group>", "waits")
    visitor.open(f"{street.issuer}ops/keys")
    with street.records() as session:
        key = signing_keys.current(session, "identity", "ES256")
        assert key is not None
        page = f"{street.issuer}ops/keys/{key.kid}/emergency"
    visitor.open(page)
    yield Shown("/ops/keys/<kid>/emergency", "no successor")
    with street.records() as session:
        new = street.services.keyring.generate(session, "ES256", "identity")
        street.services.keyring.publish(session, new.kid, street.clock.now())
    visitor.open(page)
    yield Shown("/ops/keys/<kid>/emergency")
    visitor.fill("reason", "ticket 4711")
    visitor.submit()
    visitor.open(page)
    yield Shown("/ops/keys/<kid>/emergency", "waits")
    with street.records() as session:
        _withdraw_changes(session)
        street.services.keyring.retire(session, new.kid, street.clock.now())
    visitor.open(f"{street.issuer}ops/settings")
    yield Shown("/ops/settings")


def _withdraw_changes(session: Session) -> None:
    for asked in change_requests.waiting(session):
        if asked.kind in ("change_limits", "rotate_key_emergency"):
            asked.state = State.WITHDRAWN


def _spoil(session: Session, street: Street, citizen: Citizen) -> None:
    """Let the citizen be locked, proved, signed in and on the way back in."""
    services, now = street.services, street.clock.now()
    for _ in range(throttles.LIMITS[Kind.PASSWORD].tries):
        throttles.reserve(session, Kind.PASSWORD, citizen.email, now)
    identities.keep(
        session,
        services,
        account_id=citizen.account_id,
        level="P2",
        person=SAMPLE_PEOPLE["nia"],
    )
    signed_in_cookie(session, services, citizen)
    recoveries.begin(session, services, session.get_one(Account, citizen.account_id), device="")


WALKS: dict[str, Walk] = {
    "minding the keys": minding_the_keys,
    "minding a citizen": minding_a_citizen,
    "telling everybody": telling_everybody,
    "changing what is set": changing_what_is_set,
}

ROUTES = {
    "/ops/citizens",
    "/ops/citizens/<account_id>",
    *(f"/ops/citizens/<account_id>/{lever.value.replace('_', '-')}" for lever in Lever),
    "/ops/banner",
    "/ops/banner/end",
    "/ops/services-list",
    "/ops/settings",
    "/ops/settings/<group>",
    "/ops/keys",
    "/ops/keys/new",
    "/ops/keys/<kid>",
    *(f"/ops/keys/<kid>/{step}" for step in ("publish", "activate", "retire", "emergency")),
}
"""Every route of the levers that shows a page."""
