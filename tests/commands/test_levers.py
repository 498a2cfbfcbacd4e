"""`onepass banner`, `settings`, `services-list` and `keys emergency`: the levers by command."""

from idp.commands.account_levers import accounts
from idp.commands.banner import banner
from idp.commands.keys import keys
from idp.commands.services_list import services_list
from idp.commands.settings import settings
from idp.domain import accounts as accounts_of
from idp.domain import approved_acts, change_requests, clients, operators
from tests.commands.conftest import Terminal
from tests.support.building import ISSUER
from tests.support.relying_party import RelyingParty


def operator(terminal: Terminal, email: str) -> str:
    terminal.json(accounts, "create", "--email", email)
    with terminal.workplace.session() as session:
        account = accounts_of.find_by_email(session, email)
        assert account is not None
        operators.add(session, terminal.workplace.services, account.id)
        return account.id


def approve(terminal: Terminal, by: str) -> None:
    with terminal.workplace.session() as session:
        [asked] = change_requests.waiting(session)
        approved_acts.approve(session, terminal.workplace.services, asked.id, by=by)


def test_a_notice_is_set_shown_and_taken_away(terminal: Terminal) -> None:
    assert terminal.run(banner, "show").stdout == "There is no notice.\n"
    words = ("--english", "Slow today", "--welsh", "Araf heddiw")
    told = terminal.refused(banner, "set", *words, "--ends", "2026-09-22T09:00")
    assert "which zone" in told
    assert "no moment" in terminal.refused(banner, "set", *words, "--ends", "soon")
    assert "31 days" in terminal.refused(banner, "set", *words, "--ends", "2099-01-01T09:00Z")
    wrong = ("--english", "", "--welsh", "x")
    long_ago = ("--begins", "0001-01-01T00:00Z", "--ends", "2026-09-22T09:00Z")
    assert "31 days" in terminal.refused(banner, "set", *words, *long_ago)
    assert "300" in terminal.refused(banner, "set", *wrong, "--ends", "2026-09-22T09:00Z")
    terminal.json(banner, "set", *words, "--ends", "2026-09-22T09:00Z")
    assert terminal.json(banner, "show")["banner"]["welsh"] == "Araf heddiw"
    assert terminal.json(banner, "end") == {"ended": True}
    assert terminal.json(banner, "end") == {"ended": False}


def test_a_limit_is_asked_for_and_approved(terminal: Terminal) -> None:
    operator(terminal, "olwen@example.com")
    other = operator(terminal, "oscar@example.com")
    ask = ("change", "sign_in", "--tries", "4", "--hours", "3", "--reason", "an attack")
    same = ("change", "sign_in", "--tries", "6", "--hours", "2", "--reason", "x")
    assert "in force" in terminal.refused(settings, *same, "--as", "olwen@example.com")
    assert "no operator" in terminal.refused(settings, *ask, "--as", "nobody@example.com")
    assert terminal.json(settings, *ask, "--as", "olwen@example.com")["request"]
    assert "waits already" in terminal.refused(settings, *ask, "--as", "olwen@example.com")
    assert terminal.json(settings, "show")["limits"]["sign_in"]["waits"] is True
    approve(terminal, other)
    told = terminal.json(settings, "show")
    assert (told["limits"]["sign_in"]["tries"], told["limits"]["sign_in"]["hours"]) == (4, 3)
    assert told["passwords_denied"] > 50_000


def test_a_key_is_replaced_at_once_by_two(terminal: Terminal) -> None:
    operator(terminal, "olwen@example.com")
    other = operator(terminal, "oscar@example.com")
    old = next(
        key
        for key in terminal.json(keys, "generate", "--missing") + terminal.json(keys, "list")
        if (key["purpose"], key["algorithm"], key["state"]) == ("tokens", "ES256", "current")
    )["kid"]
    ask = ("emergency", old, "--reason", "a laptop was stolen", "--as", "olwen@example.com")
    assert "no published successor" in terminal.refused(keys, *ask)
    new = terminal.json(keys, "generate")["kid"]
    terminal.json(keys, "publish", new)
    assert terminal.json(keys, *ask)["request"]
    approve(terminal, other)
    states = {key["kid"]: key for key in terminal.json(keys, "list")}
    assert states[old]["withdrawn_at"] is not None
    assert states[new]["state"] == "current"


def test_a_service_is_taken_off_the_list(terminal: Terminal) -> None:
    with terminal.workplace.session() as session:
        clients.apply(session, terminal.workplace.services, RelyingParty(ISSUER).registration())
    [service] = terminal.json(services_list, "show")["services"]
    assert service["listed"] is True
    for changed in (True, False):
        taken = terminal.json(services_list, "take", service["service_id"])
        assert taken["changed"] is changed
    assert terminal.json(services_list, "show")["services"][0]["listed"] is False
    assert terminal.json(services_list, "put", service["service_id"])["changed"] is True
    assert "no such service" in terminal.refused(services_list, "take", "x")
