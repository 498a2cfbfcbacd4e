import pytest

from idp.protocol import metadata


@pytest.mark.parametrize("issuer", ["https://id.example/", "https://id.example"])
def test_addresses_never_double_the_slash_and_the_issuer_is_as_configured(issuer: str) -> None:
    document = metadata.openid_configuration(issuer)
    assert document["issuer"] == issuer
    addresses = {
        name: value
        for name, value in document.items()
        if name.endswith(("_endpoint", "_uri")) or name in ("trustmarks", "service_documentation")
    }
    assert addresses == {
        "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/token",
        "userinfo_endpoint": "https://id.example/userinfo",
        "introspection_endpoint": "https://id.example/introspect",
        "revocation_endpoint": "https://id.example/revoke",
        "end_session_endpoint": "https://id.example/logout",
        "jwks_uri": "https://id.example/.well-known/jwks.json",
        "trustmarks": "https://id.example/trustmark",
        "service_documentation": "https://id.example/service-teams",
        "op_policy_uri": "https://id.example/privacy",
        "op_tos_uri": "https://id.example/terms",
    }


def test_only_what_works_is_advertised() -> None:
    document = metadata.openid_configuration("https://id.example/")
    assert document["response_types_supported"] == ["code"]
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert document["grant_types_supported"] == ["authorization_code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["scopes_supported"] == ["openid", "email", "phone"]
    assert document["token_endpoint_auth_methods_supported"] == [
        "private_key_jwt",
        "client_secret_post",
        "client_secret_basic",
    ]
    for name in ("introspection_endpoint", "revocation_endpoint"):
        for what in ("methods", "signing_alg_values"):
            told = document[f"{name}_auth_{what}_supported"]
            assert told == document[f"token_endpoint_auth_{what}_supported"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["request_parameter_supported"] is True
    assert document["request_object_signing_alg_values_supported"] == [
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256")
    ]
    assert document["request_uri_parameter_supported"] is False
    assert "registration_endpoint" not in document


def test_registration_is_advertised_while_it_is_open() -> None:
    document = metadata.openid_configuration("https://id.example/", registration=True)
    assert document["registration_endpoint"] == "https://id.example/connect/register"


@pytest.mark.parametrize("endpoint", ["/token", "/introspect", "/revoke"])
def test_an_assertion_is_for_us_or_for_where_it_is_brought(endpoint: str) -> None:
    audiences = metadata.assertion_audiences("https://id.example/", endpoint)
    assert audiences == {
        "https://id.example/",
        "https://id.example",
        "https://id.example/token",
        f"https://id.example{endpoint}",
    }


def test_the_trustmark_names_the_levels() -> None:
    assert metadata.trustmark("https://id.example/") == {
        "idp": "https://id.example/",
        "trustmark_provider": "https://id.example/",
        "C": ["Cl", "Cl.Cm"],
        "P": ["P0", "P1", "P2", "P3"],
    }
