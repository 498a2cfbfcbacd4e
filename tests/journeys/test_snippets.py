"""The texts to copy, without running them: what they never hold, and what would break out."""

import json
import shlex

import pytest

from idp.journeys.service_teams.snippets import Snippet, snippets_for
from idp.protocol.client_policy import policy_from_registration
from tests.support.building import ISSUER
from tests.support.relying_party import RelyingParty

NASTY = "https://a.example/back?x='\";$(id)`id`\\u0027#{x}%s~y"


def written(party: RelyingParty, redirect_uri: str = "") -> dict[str, Snippet]:
    """The texts for a client, by name."""
    policy = policy_from_registration(party.registration())
    made = snippets_for(policy, redirect_uri or party.redirect_uri, ISSUER)
    return {snippet.name: snippet for snippet in made}


def test_python_and_json_hold_an_address_as_it_is() -> None:
    made = written(RelyingParty(ISSUER), NASTY)
    compile(made["flask"].text, "service.py", "exec")
    compile(made["django"].text, "settings.py", "exec")
    assert json.loads(made["json"].text)["redirect_uri"] == NASTY
    assert json.dumps(NASTY) in made["node"].text
    assert shlex.split(made["environment"].text)[3] == f"REDIRECT_URI={NASTY}"


@pytest.mark.parametrize("method", ["private_key_jwt", "client_secret_post", "client_secret_basic"])
def test_nothing_is_left_unfilled(method: str) -> None:
    more = {"profile": "openid"} if method == "client_secret_basic" else {}
    for snippet in written(RelyingParty(ISSUER, method=method, more=more)).values():
        assert "~" not in snippet.text, snippet.name
        assert "None" not in snippet.text, snippet.name
        assert "vtr" not in snippet.text.lower() or not more, snippet.name


def test_what_a_package_cannot_do_is_not_offered() -> None:
    with_pkce = written(RelyingParty(ISSUER))
    assert not with_pkce["django"].fits
    assert written(RelyingParty(ISSUER, more={"pkce_enforced": False}))["django"].fits
    assert not with_pkce["apache"].fits, "an EC key"
    assert written(RelyingParty(ISSUER, alg="PS256"))["apache"].fits
