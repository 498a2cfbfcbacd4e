"""What cannot be kept did not happen: nothing is given, and nothing is said to be taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from idp.domain import account_changes, clients, sessions
from idp.domain.accounts import Account
from tests.endpoints.provider import Provider
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.white_box.conftest import ON_BOTH


@contextmanager
def without(provider: Provider, table: str) -> Iterator[None]:
    """Let the storage lack a table for a while."""

    def run(statement: str) -> None:
        with provider.engine.begin() as connection:
            connection.execute(sa.text(statement))

    run(f"ALTER TABLE {table} RENAME TO away")
    try:
        yield
    finally:
        run(f"ALTER TABLE away RENAME TO {table}")


@pytest.mark.threat("TOKEN-25")
@ON_BOTH
@pytest.mark.parametrize("table", ["assertion_uses", "audit_entries"])
def test_token_25_a_code_that_cannot_be_used_up_gives_nothing(
    provider: Provider, library: RelyingParty, alice: Citizen, table: str
) -> None:
    """The claim of the code itself is one statement, or one transaction, with both of these."""
    browser = provider.signed_in(citizen=alice)
    asked, code = browser.code(library)
    form = library.token_form(asked, code, provider.now)
    with without(provider, table):
        answer = provider.token(form)
    assert answer.status_code >= 500, answer.text
    assert "token" not in answer.get_json()
    assert set(answer.get_json()) == {"error", "error_description"}
    provider.wiring.registry.forget()
    given = provider.token(form)
    assert given.status_code == 200, "neither code nor assertion had been used up"
    again = provider.token(form | library.proof(provider.now))
    assert again.get_json()["error"] == "invalid_grant", "now they are"


@pytest.mark.threat("TOKEN-25")
@ON_BOTH
def test_token_25_a_revocation_that_cannot_be_kept_is_not_said_to_be_done(
    provider: Provider, alice: Citizen
) -> None:
    library = provider.party(more={"profile": "openid"})
    browser = provider.signed_in(citizen=alice)
    _, tokens = provider.tokens(library, browser)
    assert provider.ask_about(library, tokens["access_token"], "/revoke").status_code == 200
    _, tokens = provider.tokens(library, browser)
    token = tokens["access_token"]
    with without(provider, "audit_entries"):
        failed = provider.ask_about(library, token, "/revoke")
    assert failed.status_code >= 500, failed.text
    assert provider.userinfo(token).status_code == 200, "it is still good, as was said"
    assert provider.ask_about(library, token, "/revoke").status_code == 200
    assert provider.userinfo(token).status_code == 401


def _account_goes(provider: Provider, citizen: Citizen) -> None:
    with provider.records() as session:
        account = session.get_one(Account, citizen.account_id)
        account_changes.erase(session, provider.services, account)


def _session_ends(provider: Provider, citizen: Citizen) -> None:
    with provider.records() as session:
        sessions.end_all(session, provider.services, citizen.account_id, "signed_out")


@pytest.mark.threat("TOKEN-21")
@ON_BOTH
@pytest.mark.parametrize("happens", [_account_goes, _session_ends])
def test_token_21_a_code_is_worth_nothing_once_its_citizen_or_session_has_gone(
    provider: Provider,
    library: RelyingParty,
    happens: Callable[[Provider, Citizen], None],
) -> None:
    browser = provider.signed_in()
    assert browser.citizen is not None
    asked, code = browser.code(library)
    assert provider.redeem(library, asked, code).status_code == 200
    asked, code = browser.code(library)
    happens(provider, browser.citizen)
    answer = provider.redeem(library, asked, code)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")
    assert "token" not in answer.get_json()


@pytest.mark.threat("TOKEN-21")
@ON_BOTH
def test_token_21_a_code_is_worth_nothing_once_its_client_has_gone(
    provider: Provider, library: RelyingParty, alice: Citizen
) -> None:
    """Nobody can prove to be that client any more, so that is what is said."""
    browser = provider.signed_in(citizen=alice)
    asked, code = browser.code(library)
    with provider.records() as session:
        session.execute(
            sa.delete(clients.Client).where(clients.Client.client_id == library.client_id)
        )
    provider.wiring.registry.forget()
    answer = provider.redeem(library, asked, code)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client")
