"""The door of the operators' console."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, make_response, redirect, url_for

from idp.domain import operators
from idp.domain.sessions import BrowserSession
from idp.web import consoles, current
from idp.web.consoles import Console, NotForThem
from idp.web.own_pages import OPERATORS, SEE_OTHER

OPERATOR: Final = "operator"


def _admit(who: BrowserSession, needed: str, named: Mapping[str, Any]) -> None:
    """Let an operator in; all of them may see every page."""
    del needed, named
    if not operators.is_operator(current.session(), who.account_id):
        raise NotForThem(hidden=False)


console = Console("operators", __name__, pages=OPERATORS, admit=_admit)


def me() -> str:
    """Return the account of this operator."""
    return consoles.me().account_id


def to(page: str, **values: str) -> Response:
    """Send the browser to another page of the console."""
    address = url_for(f"operators.{page}", **values)  # type: ignore[arg-type] # never its own names
    return make_response(redirect(address, SEE_OTHER))
