"""What a client may do once, or so often, holds when two processes are asked at one moment."""

from collections import Counter
from typing import Any

import pytest
import requests

from idp.domain import suspensions
from tests.faults.conftest import Pair, all_at_once
from tests.support.relying_party import RelyingParty

OPENID = {"profile": "openid"}


def token_of(pair: Pair, party: RelyingParty, email: str) -> str:
    asked, code = pair.code(party, pair.cookie(pair.citizen(email)))
    return str(pair.redeem(party, asked, code).json()["access_token"])


def ask(
    pair: Pair, number: int, connection: requests.Session, path: str, form: Any
) -> requests.Response:
    return connection.post(f"{pair.server(number)}{path}", data=form, timeout=30)


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
def test_of_16_uses_of_one_assertion_one_is_heard(pair: Pair, path: str) -> None:
    """CLIENT-07, at the endpoints where nothing else is used up."""
    party = pair.party(more=OPENID)
    token = token_of(pair, party, f"assertion{path.replace('/', '.')}@example.com")
    form = {"token": token} | party.proof(pair.street.clock.now())
    connections = [pair.connection(number) for number in range(16)]

    answers = all_at_once(16, lambda number: ask(pair, number, connections[number], path, form))

    heard = Counter((answer.status_code, answer.json().get("error")) for answer in answers)
    assert heard == {(200, None): 1, (400, "invalid_client"): 15}
    assert pair.userinfo(token).status_code == (200 if path == "/introspect" else 401)


def test_one_assertion_at_every_endpoint_at_once_is_heard_at_one(pair: Pair) -> None:
    party = pair.party(more=OPENID)
    cookie = pair.cookie(pair.citizen("everywhere@example.com"))
    asked, code = pair.code(party, cookie)
    once = party.assertion(pair.street.clock.now())
    form = {"token": "nonsense"} | party.token_form(asked, code, 0, client_assertion=once)
    connections = [pair.connection(number) for number in range(9)]
    paths = ["/token", "/introspect", "/revoke"] * 3

    answers = all_at_once(
        9, lambda number: ask(pair, number, connections[number], paths[number], form)
    )

    # A code that was sent again is refused for itself only once the assertion is new.
    assert [answer.status_code for answer in answers].count(200) == 1
    refused = {answer.json()["error"] for answer in answers if answer.status_code != 200}
    assert refused == {"invalid_client"}


def test_a_token_that_is_revoked_while_it_is_used_is_dead_when_that_was_answered(
    pair: Pair,
) -> None:
    party = pair.party(more=OPENID)
    token = token_of(pair, party, "revoked.in.use@example.com")
    connections = [pair.connection(number) for number in range(12)]
    now = pair.street.clock.now()
    forms = [{"token": token} | party.proof(now) for _ in connections]

    def act(number: int) -> tuple[str, int, Any]:
        connection = connections[number]
        if number % 3 == 0:
            answer = ask(pair, number, connection, "/revoke", forms[number])
            # The answer is there, so nothing may accept the token any more, wherever it is asked.
            after = connection.get(
                f"{pair.server(number)}/userinfo",
                headers={"Authorization": f"Bearer {token}"},
                timeout=30,
            )
            return "revoke", answer.status_code, after.status_code
        if number % 3 == 1:
            answer = ask(pair, number, connection, "/introspect", forms[number])
            return "introspect", answer.status_code, answer.json()["active"]
        answer = connection.get(
            f"{pair.server(number)}/userinfo",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        return "userinfo", answer.status_code, None

    outcomes = all_at_once(12, act)

    assert [outcome for outcome in outcomes if outcome[0] == "revoke"] == [("revoke", 200, 401)] * 4
    assert {status for kind, status, _ in outcomes if kind == "userinfo"} <= {200, 401}
    assert {status for kind, status, _ in outcomes if kind == "introspect"} == {200}
    assert pair.userinfo(token).status_code == 401
    form = {"token": token} | party.proof(now)
    last = requests.post(f"{pair.servers[0]}/introspect", data=form, timeout=30)
    assert last.content == b'{"active":false}'
    with pair.street.records() as session:
        from idp.domain.audit_entries import AuditEntry

        recorded = session.query(AuditEntry).filter_by(
            client_id=party.client_id, fact="token_revoked"
        )
        assert recorded.count() == 1, "revoked once, whoever asked"


@pytest.mark.parametrize("limit", [10, 250])
def test_a_rate_holds_over_both_processes(pair: Pair, limit: int) -> None:
    party = pair.party(more={"rate_limit": limit})
    cookie = pair.cookie(pair.citizen(f"rate.{limit}@example.com"))
    connections = [pair.connection(number) for number in range(8)]
    each = limit // 8 + 5
    urls = [[party.url(party.ask()) for _ in range(each)] for _ in connections]

    def act(number: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        for url in urls[number]:
            answer = connections[number].get(
                url.replace(pair.street.issuer, f"{pair.server(number)}/"),
                cookies=cookie,
                allow_redirects=False,
                timeout=30,
            )
            location = answer.headers["Location"]
            assert location.startswith(party.redirect_uri)
            seen["code" if "code=" in location else "over"] += 1
            assert "code=" in location or "error=temporarily_unavailable" in location
        return seen

    total = sum(all_at_once(8, act), Counter())
    assert total == {"code": limit, "over": 8 * each - limit}


def test_a_suspension_holds_in_both_processes_within_a_minute(pair: Pair) -> None:
    party = pair.party(more=OPENID)
    cookie = pair.cookie(pair.citizen("suspension@example.com"))
    asked, code = pair.code(party, cookie)
    token = pair.redeem(party, asked, code).json()["access_token"]
    late = pair.code(party, cookie)
    for number in range(2):
        assert requests.get(
            f"{pair.server(number)}/userinfo",
            headers={"Authorization": f"Bearer {token}"},
            timeout=9,
        ).ok
    with pair.street.records() as session:
        assert suspensions.suspend(session, party.client_id, pair.street.clock.now())
    pair.street.clock.move(59)
    for number in range(2):
        url = party.url(party.ask()).replace(pair.street.issuer, f"{pair.server(number)}/")
        answer = requests.get(url, cookies=cookie, allow_redirects=False, timeout=10)
        assert "error=unauthorized_client" in answer.headers["Location"]
        asked_again = {"token": token} | party.proof(pair.street.clock.now())
        refused = requests.post(f"{pair.server(number)}/introspect", data=asked_again, timeout=10)
        assert refused.json()["error"] == "unauthorized_client"
    assert pair.userinfo(token).status_code == 401
    refused = pair.redeem(party, *late)
    assert refused.json()["error_description"] == "client deactivated"
    with pair.street.records() as session:
        assert suspensions.restore(session, party.client_id, pair.street.clock.now())
    pair.street.clock.move(59)
    asked, code = pair.code(party, cookie)
    assert pair.redeem(party, asked, code).status_code == 200
