"""Scenarios of a team that wants its client to work, in a browser."""

from idp.domain import wanted_faults
from tests.acceptance.showing_trying import own_client
from tests.acceptance.walking import sign_in
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

CHECKS = (
    "state",
    "iss",
    "code",
    "alg",
    "kid",
    "signature",
    "aud",
    "exp",
    "iat",
    "nonce",
    "at_hash",
)


def test_s52_each_token_check_is_listed_with_pass_or_fail(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    party = RelyingParty(street.issuer, "scenario-52")
    visitor.open(f"{own_client(street, citizen, party)}/try")
    visitor.submit()
    visitor.press("Follow this request")
    assert visitor.heading == "What came of your try"
    rows = visitor.page.locator("main tbody tr")
    told: dict[str, set[str]] = {}
    for row in rows.all():
        name, result = (cell.inner_text() for cell in row.locator("td").all())
        told.setdefault(name.split("\n")[0], set()).add(result)
    assert set(CHECKS) <= set(told)
    assert {result for results in told.values() for result in results} == {"Pass"}

    page = visitor.page.get_by_role("link", name="Try again").get_attribute("href")
    with street.records() as session:
        now = street.clock.now()
        wanted_faults.ask(session, party.client_id, ["id_token.INVALID_AUD"], now, offered=True)
    street.clock.move(31)
    visitor.open(f"{street.issuer.rstrip('/')}{page}")
    visitor.submit()
    visitor.press("Follow this request")
    failed = visitor.page.locator("main tbody tr", has=visitor.page.locator("strong"))
    assert [row.locator("code").inner_text() for row in failed.all()] == ["aud"]
