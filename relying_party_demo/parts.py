"""The parts one running department is made of, as a request finds them.

Owns: reaching the parts, and who is signed in in this browser.
Owns not: how the parts are joined (``relying_party_demo.app``).
"""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from relying_party_demo.browser import Cookies
from relying_party_demo.clock import Clock
from relying_party_demo.department import Department
from relying_party_demo.keys import DepartmentKey
from relying_party_demo.logout import Logout
from relying_party_demo.sign_in import SignIn
from relying_party_demo.store import Session, Store

TOUCH_EVERY = 60


@dataclass(frozen=True)
class Parts:
    """Everything one running department is made of."""

    department: Department
    clock: Clock
    store: Store
    sign_in: SignIn
    logout: Logout
    cookies: Cookies
    key: DepartmentKey | None


def parts() -> Parts:
    """The parts of the department that answers this request."""
    return cast(Parts, current_app.extensions["department"])


def language() -> str:
    """The language of this page."""
    return str(g.get("language") or parts().department.language)


def known_session() -> Session | None:
    """The session this browser's cookie names, live or ended."""
    secret = parts().cookies.session()
    return parts().store.session(secret) if secret else None


def live_session() -> Session | None:
    """The session of a citizen who is signed in now; noted as seen, once a minute at most."""
    session, now = known_session(), parts().clock.now()
    if session is None or not session.live(now):
        return None
    if now - session.seen_at >= TOUCH_EVERY:
        parts().store.touch(session.secret_hash, now)
    return session
