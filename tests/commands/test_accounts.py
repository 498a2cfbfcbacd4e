"""`onepass accounts`: test citizens who can sign in at once, and never in production."""

from dataclasses import replace

import pyotp
import pytest

from idp.commands.accounts import accounts
from idp.domain import accounts as accounts_of
from idp.domain import authenticator_apps, recoveries
from tests.commands.conftest import Terminal
from tests.support.citizens import PASSWORD, SEED

ALICE = ("create", "--email", "alice@example.com", "--password", PASSWORD, "--totp-secret", SEED)


def test_a_citizen_with_everything_given(terminal: Terminal) -> None:
    [made] = terminal.json(accounts, *ALICE, "--language", "cy")["accounts"]
    assert made == {
        "email": "alice@example.com",
        "password": PASSWORD,
        "totp_secret": SEED,
        "account_id": made["account_id"],
        "created": True,
    }
    services = terminal.workplace.services
    with terminal.session() as session:
        account = accounts_of.find_by_email(session, "ALICE@example.com")
        assert account is not None
        assert (account.state, account.language) == ("active", "cy")
        assert services.hasher.verify(account.password_hash, PASSWORD)
        code = pyotp.TOTP(SEED).at(terminal.clock.now())
        assert authenticator_apps.use_code(session, services, account_id=account.id, code=code)


def test_an_account_that_exists_is_left_as_it_is(terminal: Terminal) -> None:
    terminal.json(accounts, *ALICE)
    other = ("create", "--email", "Alice@Example.com", "--password", "another password 1")
    [again] = terminal.json(accounts, *other)["accounts"]
    assert again["created"] is False
    with terminal.session() as session:
        account = accounts_of.find_by_email(session, "alice@example.com")
        assert account is not None
        assert terminal.workplace.services.hasher.verify(account.password_hash, PASSWORD)


def test_several_are_numbered_and_each_has_a_password_of_its_own(terminal: Terminal) -> None:
    made = terminal.json(accounts, "create", "--count", "3")["accounts"]
    for name in ("email", "password", "totp_secret", "account_id"):
        assert len({citizen[name] for citizen in made}) == 3
    words = terminal.run(accounts, "create").stdout.split()
    assert words[0].endswith("@example.com")


def test_one_address_is_for_one_account(terminal: Terminal) -> None:
    result = terminal.run(accounts, *ALICE, "--count", "2")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("password", "words"), [("short", "10"), ("password123", "common"), ("a" * 300, "256")]
)
def test_a_password_that_a_citizen_may_not_have(
    terminal: Terminal, password: str, words: str
) -> None:
    told = terminal.refused(accounts, "create", "--email", "a@example.com", "--password", password)
    assert "That password cannot be used" in told
    assert "Problem" not in told
    with terminal.session() as session:
        assert accounts_of.find_by_email(session, "a@example.com") is None


@pytest.mark.parametrize("secret", ["nonsense!", "JBSWY3DP", "ŵŷ", "1" * 32])
def test_a_seed_that_no_app_could_use(terminal: Terminal, secret: str) -> None:
    told = terminal.refused(accounts, "create", "--email", "a@example.com", "--totp-secret", secret)
    assert "authenticator app" in told
    with terminal.session() as session:
        assert accounts_of.find_by_email(session, "a@example.com") is None


def test_never_in_production(terminal: Terminal) -> None:
    settings = replace(terminal.workplace.settings, mode="production")
    terminal.workplace = replace(terminal.workplace, settings=settings)
    assert "production" in terminal.refused(accounts, *ALICE)
    with terminal.session() as session:
        assert accounts_of.find_by_email(session, "alice@example.com") is None


def test_an_account_is_suspended_opened_blocked_and_signed_out(terminal: Terminal) -> None:
    terminal.json(accounts, *ALICE)
    for act, state, changed in (
        ("sign-out", "active", False),
        ("suspend", "suspended", True),
        ("suspend", "suspended", False),
        ("restore", "active", True),
        ("block", "blocked", True),
        ("restore", "blocked", False),
    ):
        done = terminal.json(accounts, act, "Alice@example.com")
        assert (done["state"], done["changed"]) == (state, changed), act
    assert terminal.run(accounts, "block", ALICE[2]).stdout.strip() == (
        "The account is blocked. Nothing has changed."
    )
    assert "There is no account" in terminal.refused(accounts, "suspend", "nobody@example.com")


def test_a_new_password_is_ordered_once(terminal: Terminal) -> None:
    terminal.json(accounts, *ALICE)
    for changed in (True, False):
        assert terminal.json(accounts, "force-reset", "Alice@example.com")["changed"] is changed
    with terminal.session() as session:
        account = accounts_of.find_by_email(session, "alice@example.com")
        assert account is not None
        assert account.reset_because == accounts_of.ORDERED
    terminal.json(accounts, "create", "--email", "b@example.com")
    terminal.json(accounts, "block", "b@example.com")
    assert terminal.json(accounts, "force-reset", "b@example.com")["changed"] is False


def test_who_waits_for_a_new_second_factor_is_listed_until_they_have_it(
    terminal: Terminal,
) -> None:
    assert terminal.run(accounts, "recoveries").stdout == "Nobody is waiting.\n"
    terminal.json(accounts, *ALICE)
    services = terminal.workplace.services
    with terminal.workplace.session() as session:
        account = accounts_of.find_by_email(session, "alice@example.com")
        assert account is not None
        assert recoveries.begin(session, services, account, device="")
    began = terminal.clock.now()
    [one] = terminal.json(accounts, "recoveries")["recoveries"]
    assert one == {
        "account_id": account.id,
        "email": "alice@example.com",
        "proved": False,
        "begun_at": began,
        "ready_at": began + 7 * 86_400,
        "lapses_at": began + 37 * 86_400,
        "ready": False,
    }
    assert "alice@example.com  waits until 2026-09-28 14:13 UTC" in (
        terminal.run(accounts, "recoveries").stdout
    )
    terminal.clock.move(7 * 86_400)
    assert "may set up an app now" in terminal.run(accounts, "recoveries").stdout
    terminal.clock.move(30 * 86_400)
    assert terminal.json(accounts, "recoveries") == {"recoveries": []}
