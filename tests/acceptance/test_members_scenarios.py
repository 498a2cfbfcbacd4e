"""The numbered scenarios about a team's keys, secrets and roles, one test each."""

import jwt
import requests
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.domain import client_proofs, members
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client
from idp.domain.members import Role
from tests.acceptance.showing_keys import client_of
from tests.acceptance.walking import sign_in
from tests.endpoints.key_server import KeyServer, jwk
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty, ec_key, public_key_text
from tests.support.servers import Street

OPENID = {"profile": "openid"}


def is_known(street: Street, party: RelyingParty) -> bool:
    """Whether the client's proof is believed at an endpoint for clients."""
    form = {"token": "x"} | party.proof(street.clock.now())
    return requests.post(f"{street.issuer}introspect", data=form, timeout=10).status_code == 200


def test_s49_a_private_key_pasted_as_public_is_refused_and_neither_stored_nor_logged(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    party, pages = client_of(street, citizen)
    mine = ec.generate_private_key(ec.SECP256R1())
    pem = mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    visitor.open(f"{pages}/keys/replace")
    visitor.fill("public_key", pem)
    visitor.submit()
    assert "The private key that you pasted is compromised" in visitor.text
    assert visitor.page.locator("[name=public_key]").input_value() == ""
    lines = pem.splitlines()[1:-1]
    assert not [line for line in lines if line in visitor.page.content()]
    with street.records() as session:
        registration = session.get_one(Client, party.client_id).registration
        assert public_key_text(party.key) in registration
        of_writer = AuditEntry.account_id == citizen.account_id
        facts = session.scalars(sa.select(AuditEntry.fact).where(of_writer)).all()
        assert "private_key_refused" in facts
        # Wherever a text is kept: no table has a line of it.
        inspector = sa.inspect(session.get_bind())
        for table in inspector.get_table_names():
            rows = session.execute(sa.text(f'SELECT * FROM "{table}"')).all()  # noqa: S608
            kept = "\n".join(map(str, rows))
            assert not [line for line in lines if line in kept], table
    logged = "".join(path.read_text(errors="replace") for path in street.folder.glob("*.log"))
    assert logged
    assert not [line for line in lines if line in logged]


def test_s50_a_new_secret_is_shown_once_and_both_work_until_the_old_one_is_retired(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    party, pages = client_of(
        street, citizen, method="client_secret_post", id_token_alg="RS256", more=OPENID
    )
    old = party.secret
    street.clock.move(60)
    visitor.open(f"{pages}/secret/new")
    visitor.page.locator("[name=ready]").check()
    visitor.submit()
    new = visitor.page.locator("#secret").inner_text()
    visitor.press("I have stored it")
    assert new not in visitor.page.content()
    assert f"Ends in {new[-4:]}" in visitor.text
    visitor.open(f"{pages}/secret/new")
    assert new not in visitor.page.content()
    for secret in (old, new):
        party.secret = secret
        street.clock.move(31)
        assert is_known(street, party), "it does not work"
    visitor.open(f"{pages}/secret")
    visitor.page.locator("main a[href*='/retire']").first.click()
    visitor.page.wait_for_url("**/retire")
    visitor.submit()
    street.clock.move(31)
    party.secret = old
    assert not is_known(street, party), "the old one still works"
    party.secret = new
    assert is_known(street, party)


def test_s51_a_new_key_id_at_the_address_works_after_a_refresh_and_the_old_one_all_along(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    with KeyServer() as server:
        more = {"public_key_source": "JWKS", "public_key": None, "jwks_uri": server.url}
        party, pages = client_of(street, citizen, kid="first", more=more | OPENID)
        server.publish([jwk(party.key, "first")])
        assert is_known(street, party)
        rotated = ec_key("rotated by s51")
        server.publish([jwk(party.key, "first"), jwk(rotated, "second")])
        visitor.open(f"{pages}/keys")
        visitor.submit()
        assert "second" in visitor.text
        assert is_known(street, party), "the old key stopped working"
        claims = jwt.decode(
            party.assertion(street.clock.now()), options={"verify_signature": False}
        )
        assertion = jwt.encode(claims, rotated, algorithm="ES256", headers={"kid": "second"})
        form = {"token": "x"} | party.proof(0) | {"client_assertion": assertion}
        answer = requests.post(f"{street.issuer}introspect", data=form, timeout=10)
        assert answer.status_code == 200, answer.text
        assert is_known(street, party)
    with street.records() as session:
        used = client_proofs.of_client(session, party.client_id, client_proofs.NAMED_KEY)
        assert {each.proof for each in used} <= {
            client_proofs.of_text("first"), client_proofs.of_text("second")
        }  # fmt: skip


def test_s53_a_reader_who_opens_a_page_of_changes_is_refused_and_it_is_recorded(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    party, pages = client_of(street, citizen)
    with street.records() as session:
        service_id = session.get_one(Client, party.client_id).service_id
        members.change_role(session, street.services, service_id, citizen.account_id, Role.READER)
    visitor.open(f"{pages}/keys")
    assert visitor.heading == "Keys"
    answer = visitor.page.goto(f"{pages}/keys/replace")
    assert answer is not None
    assert answer.status == 403
    with street.records() as session:
        of_reader = (
            AuditEntry.account_id == citizen.account_id,
            AuditEntry.fact == "console_refused",
        )
        [entry] = session.scalars(sa.select(AuditEntry).where(*of_reader)).all()
        assert '"needed":"writer"' in entry.detail
        assert service_id in entry.detail
