"""Second factors, whatever they are: whether an account has one, and starting over with a new app.

The one place that names every kind there is. Each kind is kept by its own module.
"""

from sqlalchemy.orm import Session

from idp.domain import audit, authenticator_apps, sessions, throttles
from idp.domain.services import Services
from idp.domain.throttles import Kind

RECOVERED = "recovered"


def has_any(session: Session, account_id: str) -> bool:
    """Return whether the account has a second factor of any kind."""
    return authenticator_apps.has_app(session, account_id)


def start_over(
    session: Session, services: Services, account_id: str, *, secret: str, step: int, but: str
) -> None:
    """Remove every second factor and put one app in their place, whose first code was of `step`.

    The lock on codes of the old ones is lifted, and every session but the one named `but` ends.
    """
    authenticator_apps.remove_all(session, account_id)
    authenticator_apps.add(session, services, account_id=account_id, secret=secret, step=step)
    throttles.forgive(session, Kind.APP_CODE, account_id)
    throttles.forgive(session, Kind.RESET_APP_CODE, account_id)
    now = services.clock.now()
    audit.record(session, audit.AuthenticatorAppAdded(account_id=account_id), now=now)
    sessions.end_all(session, services, account_id, RECOVERED, but=but)
