"""The numbered scenarios about the levers."""

import jwt
import requests

from idp.domain.signing_keys import JWKS_CACHE_LIFETIME, REREAD_LIFETIME
from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.test_own_account import access_token
from tests.support.building import register
from tests.support.chromium import Visitor
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street


def published(street: Street) -> dict[str, jwt.PyJWK]:
    """The keys that services can fetch now, by their names, read by another library."""
    answer = requests.get(f"{street.issuer}.well-known/jwks.json", timeout=10)
    return {key.key_id: key for key in jwt.PyJWKSet.from_dict(answer.json()).keys if key.key_id}


def kid_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def holds(street: Street, token: str, keys: dict[str, jwt.PyJWK]) -> bool:
    """Whether another library finds the token rightly signed, and not expired on our clock."""
    claims = jwt.decode(
        token,
        keys[kid_of(token)].key,
        algorithms=["ES256"],
        options={
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "verify_aud": False,
        },
    )
    return bool(claims["exp"] > street.clock.now())


def test_s58_old_tokens_verify_until_they_expire_and_the_new_key_was_public_before_its_use(
    street: Street, visitor: Visitor
) -> None:
    party = RelyingParty(street.issuer)
    with street.records() as session:
        register(session, street.services, party)
    operator = new_operator(street)
    come_to(visitor, street, operator, "ops/keys")
    before = published(street)
    visitor.press("Make a new key")
    visitor.choose("ring", "tokens:ES256")
    visitor.press("Make the key")
    kid = visitor.page.locator("dd code").inner_text()
    page = visitor.page.url
    street.clock.move(REREAD_LIFETIME)
    assert published(street).keys() == before.keys(), "nobody sees a key that is only made"

    visitor.press("Publish this key")
    visitor.press("Publish this key")
    street.clock.move(REREAD_LIFETIME)
    assert published(street).keys() == before.keys() | {kid}
    token = access_token(street, visitor, party)
    assert kid_of(token) in before, "published is not yet in use"
    visitor.press("Activate this key")
    assert "You can activate it from" in visitor.text
    assert visitor.page.locator("main form button").count() == 0, "it can be pressed too early"

    street.clock.move(JWKS_CACHE_LIFETIME)
    cached = published(street)
    come_to(visitor, street, operator, page.removeprefix(street.issuer))
    old = access_token(street, visitor, party)
    visitor.press("Activate this key")
    visitor.press("Activate this key")
    assert "Current: signs" in visitor.text
    new = access_token(street, visitor, party)
    assert (kid_of(old) in before, kid_of(new)) == (True, kid)
    assert holds(street, new, cached), "whoever kept the keys of before can check it"
    assert holds(street, old, published(street))
    street.clock.move(street.settings.access_token_lifetime - 1)
    assert holds(street, old, published(street)), "until the moment at which it expires"
    street.clock.move(600)
    assert kid_of(old) not in published(street)
    assert not holds(street, old, cached)
