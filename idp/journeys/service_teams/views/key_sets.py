"""Fetching a client's key set for its team: seldom, and while nobody and nothing waits for it."""

from typing import Final

from flask import current_app

from idp.domain import key_sets, throttles
from idp.domain.key_sets import ExaminedSet
from idp.domain.throttles import Kind
from idp.kernel.fetching import FetchFailed, FetchRefused
from idp.web import current
from idp.web.current import Application

FETCH_TIMEOUT: Final = 5.0
"""Seconds for the whole answer, as when a client's signature is checked."""


def fetched(client_id: str, address: str) -> ExaminedSet:
    """Fetch the key set at an address now. Raises throttles.Locked when it was done too often."""
    throttles.reserve(current.session(), Kind.KEY_FETCH, client_id, current.now())
    # Somebody else's server: no transaction waits for it, and nobody's page.
    current.checkpoint()
    turns = current_app.turns if isinstance(current_app, Application) else None
    fetcher = current.services().fetcher
    try:
        if turns is None:
            return key_sets.examine(fetcher.look(address, timeout=FETCH_TIMEOUT))
        with turns.aside():
            answer = fetcher.look(address, timeout=FETCH_TIMEOUT)
    except (FetchRefused, FetchFailed) as error:
        return ExaminedSet(0, "", fault=error.fault)
    return key_sets.examine(answer)
