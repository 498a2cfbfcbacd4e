"""The door of the account: who comes in, whose account it is, and what has to be confirmed."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, url_for

from idp.domain import accounts, confirmations
from idp.domain.accounts import Account
from idp.domain.confirmations import Change
from idp.domain.sessions import BrowserSession
from idp.web import current, own_pages
from idp.web.errors import Kind, PageRefused
from idp.web.own_pages import ACCOUNT, SEE_OTHER

blueprint = Blueprint("account", __name__, url_prefix="/account", template_folder="../templates")


@blueprint.before_request
def sign_in_first() -> Response | None:
    """Let nobody see these pages who is not signed in at `Cl.Cm`."""
    return own_pages.sign_in_first(ACCOUNT)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever is signed in here, and the account that these pages are about: no other one ever."""

    account: Account
    signed_in: BrowserSession


def owner() -> Owner:
    """Return the owner. Raises PageRefused when the session ended on the way here."""
    signed_in = current.signed_in()
    account = accounts.get(current.session(), signed_in.account_id) if signed_in else None
    if signed_in is None or account is None:
        raise PageRefused(Kind.GONE)
    return Owner(account, signed_in)


def to(page: str, **values: str) -> Response:
    """Send the browser to another page of the account."""
    address = url_for(f"account.{page}", **values)  # type: ignore[arg-type] # never its own names
    return make_response(redirect(address, SEE_OTHER))


def unless_confirmed(who: Owner, change: Change) -> Response | None:
    """Send the owner to confirm `change` first, or to wait with it; None if they just did."""
    services = current.services()
    if confirmations.is_confirmed(services, who.account, who.signed_in, change):
        return None
    held = confirmations.held_until(services, who.account, change) is not None
    return to("held" if held else "confirm", change=change.value)


def use_confirmation(who: Owner, change: Change) -> bool:
    """Use the confirmation up; False if another request did, and this change must not be made."""
    return confirmations.use(
        current.session(), current.services(), who.account, who.signed_in, change
    )
