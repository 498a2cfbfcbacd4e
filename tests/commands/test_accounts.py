"""`onepass accounts`: test citizens who can sign in at once, and never in production."""

from dataclasses import replace

import pyotp
import pytest

from idp.commands.account_levers import accounts
from idp.domain import accounts as accounts_of
from idp.domain import approved_acts, authenticator_apps, change_requests, operators, recoveries
from tests.commands.conftest import Terminal
from tests.support.citizens import PASSWORD, SEED

ALICE = ("create", "--email", "alice@example.com", "--password", PASSWORD, "--totp-secret", SEED)
WHY = ("--as", "olwen@example.com", "--reason", "ticket 7")


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
    _operator(terminal, "olwen@example.com")
    assert "--as" in terminal.run(accounts, "suspend", ALICE[2]).stderr
    for act, state, changed in (
        ("sign-out", "active", False),
        ("suspend", "suspended", True),
        ("suspend", "suspended", False),
        ("restore", "active", True),
        ("force-proof", "active", False),
        ("unlock", "active", False),
    ):
        done = terminal.json(accounts, act, "Alice@example.com", *WHY)
        assert (done["state"], done["changed"]) == (state, changed), act
    assert terminal.run(accounts, "restore", ALICE[2], *WHY).stdout.strip() == (
        "The account is active. Nothing has changed."
    )
    assert "There is no account" in terminal.refused(
        accounts, "suspend", "nobody@example.com", *WHY
    )


def _operator(terminal: Terminal, email: str) -> str:
    terminal.json(accounts, "create", "--email", email)
    with terminal.workplace.session() as session:
        account = accounts_of.find_by_email(session, email)
        assert account is not None
        operators.add(session, terminal.workplace.services, account.id)
        return account.id


def test_blocking_takes_two_operators_and_neither_is_the_owner(terminal: Terminal) -> None:
    terminal.json(accounts, *ALICE)
    _operator(terminal, "olwen@example.com")
    other = _operator(terminal, "oscar@example.com")
    why = WHY
    assert "no operator" in terminal.refused(
        accounts, "block", "olwen@example.com", "--as", "alice@example.com", "--reason", "x"
    )
    assert "own account" in terminal.refused(accounts, "suspend", "olwen@example.com", *why)
    asked = terminal.json(accounts, "block", "alice@example.com", *why)
    assert (asked["state"], asked["waits_for_another"]) == ("active", True)
    assert not terminal.json(accounts, "block", "alice@example.com", *why)["waits_for_another"]
    with terminal.workplace.session() as session:
        [waiting] = change_requests.waiting(session)
        approved_acts.approve(session, terminal.workplace.services, waiting.id, by=other)
    shown = terminal.json(accounts, "show", "alice@example.com", *why)
    assert shown["state"] == "blocked"
    assert shown["possible"] == []
    assert "There is no account" in terminal.refused(accounts, "show", "nobody@example.com", *why)
    silent = ("--as", "olwen@example.com", "--reason", " ")
    assert "say it" in terminal.run(accounts, "show", "alice@example.com", *silent).stderr


def test_a_new_password_is_ordered_once(terminal: Terminal) -> None:
    terminal.json(accounts, *ALICE)
    _operator(terminal, "olwen@example.com")
    for changed in (True, False):
        done = terminal.json(accounts, "force-reset", "Alice@example.com", *WHY)
        assert done["changed"] is changed
    with terminal.session() as session:
        account = accounts_of.find_by_email(session, "alice@example.com")
        assert account is not None
        assert account.reset_because == accounts_of.ORDERED


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
