"""A client's key is parsed when it is first seen, and never again to verify with it."""

import pytest

from idp.domain import client_keys
from tests.endpoints.key_server import KeyServer, jwk
from tests.endpoints.provider import Provider
from tests.support.counting import counting_effort
from tests.support.relying_party import RelyingParty

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256"]
PATHS = ["/token", "/introspect", "/revoke"]


def registered(
    provider: Provider, key_server: KeyServer, alg: str, *, fetched: bool
) -> RelyingParty:
    """A service whose key is pasted, or fetched from where it publishes it."""
    party = RelyingParty(provider.issuer, alg=alg, more={"profile": "openid"})
    if fetched:
        key_server.publish([jwk(party.key, "one")])
        party.more |= {"public_key_source": "JWKS", "public_key": None, "jwks_uri": key_server.url}
        party.kid = "one"
    return provider.register(party)


@pytest.mark.parametrize("fetched", [False, True], ids=["pasted", "fetched"])
@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("path", PATHS)
def test_verifying_an_assertion_parses_no_key(
    on_sqlite: Provider, key_server: KeyServer, alg: str, fetched: bool, path: str
) -> None:
    party = registered(on_sqlite, key_server, alg, fetched=fetched)
    browser = on_sqlite.signed_in()
    on_sqlite.tokens(party, browser)
    asked, code = browser.code(party)
    form = {"token": "nonsense"} | party.token_form(asked, code, on_sqlite.now)
    machine = on_sqlite.browser()
    with counting_effort() as effort:
        answer = machine.post(path, form)
    assert answer.status_code == 200, answer.text
    assert effort["verify"] == 1
    assert effort["parse"] == 0
    assert effort["connect"] == 0


def test_a_parse_would_be_counted(on_sqlite: Provider, key_server: KeyServer) -> None:
    """The first time somebody has to: the count above is not blind."""
    for fetched in (False, True):
        party = registered(on_sqlite, key_server, "RS256", fetched=fetched)
        on_sqlite.wiring.registry.forget()
        form = {"token": "nonsense"} | party.proof(on_sqlite.now)
        client_keys.static_key.cache_clear()
        with counting_effort() as effort:
            assert on_sqlite.browser().post("/introspect", form).status_code == 200
        assert effort["parse"] > 0
