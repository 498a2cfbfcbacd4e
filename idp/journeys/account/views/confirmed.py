"""What follows when somebody has shown again who they are: the page of the change."""

from flask import Response

from idp.domain import audit
from idp.domain.confirmations import Change
from idp.journeys.account.views.changes import PAGES
from idp.journeys.account.views.door import Owner, to
from idp.web import cookies, current
from idp.web.errors import Kind, PageRefused


def confirmed(who: Owner, what: Change, secret: str | None) -> Response:
    """Record it and lead to the change, with the session's new cookie.

    Raises PageRefused when there is none: the session ended meanwhile.
    """
    cookie = kept(secret)
    fact = audit.ChangeConfirmed(
        account_id=who.account.id, sid=who.signed_in.sid, change=what.value
    )
    audit.record(current.session(), fact, now=current.now())
    response = to(PAGES[what])
    cookies.set_session_cookie(response, cookie)
    return response


def kept(secret: str | None) -> str:
    """Return the cookie of a session that goes on. Raises PageRefused when it has ended."""
    if secret is None:
        raise PageRefused(Kind.GONE)
    return secret
