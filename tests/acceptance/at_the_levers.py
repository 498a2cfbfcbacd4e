"""How an operator comes to the levers, in a browser."""

from idp.domain import operators
from tests.acceptance.shown import newcomer
from tests.acceptance.walking import (
    choose_to_sign_in,
    enter_code,
    enter_email,
    enter_password,
)
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street


def new_operator(street: Street) -> Citizen:
    """An operator whom no other walk knows."""
    citizen = newcomer(street, "operator")
    with street.records() as session:
        operators.add(session, street.services, citizen.account_id)
    return citizen


def come_to(visitor: Visitor, street: Street, who: Citizen, page: str) -> None:
    """Open a page of the console, sign in to it, and be there."""
    visitor.open(f"{street.issuer}{page}")
    choose_to_sign_in(visitor)
    enter_email(visitor, who.email)
    enter_password(visitor, who.password)
    enter_code(visitor, street, who)
    assert f"/{page.partition('?')[0]}" in visitor.page.url, visitor.page.url
