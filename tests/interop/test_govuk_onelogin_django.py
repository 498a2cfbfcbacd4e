"""A Django service with PyPI `govuk-onelogin-django`: in, out, told by the back channel, misled."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.endpoints.key_server import KeyServer, jwk
from tests.interop.provider import RunningProvider
from tests.support.citizens import Citizen
from tests.support.processes import Program, free_port
from tests.support.relying_party import ec_key, public_key_text, rsa_key, verified
from tools.set_up import OTHER_CLIENTS

LOGOUT: dict[str, dict[str, str]] = {"http://schemas.openid.net/event/backchannel-logout": {}}


@dataclass
class DjangoService:
    """The service as a process, registered with the provider, and one visitor's browser."""

    provider: RunningProvider
    folder: Path
    client_id: str
    port: int
    program: Program

    def __post_init__(self) -> None:
        self.visitor = requests.Session()
        self.visitor.trust_env = False

    @property
    def url(self) -> str:
        """Where the service lives, without a trailing slash."""
        return f"http://localhost:{self.port}"

    def get(self, address: str) -> requests.Response:
        """Let the visitor open an address or a path; no redirect is followed."""
        address = address if address.startswith("http") else self.url + address
        return self.visitor.get(address, allow_redirects=False, timeout=20)

    def begin(self) -> str:
        """Press "Sign in"; return the address that the browser is sent to."""
        answer = self.get("/one-login/login/")
        assert answer.status_code == 302, self.program.words()
        return answer.headers["Location"]

    def held(self) -> dict[str, Any] | None:
        """What the service holds about the visitor, None if nobody is signed in."""
        answer = self.get("/held")
        assert answer.status_code in (200, 401), self.program.words()
        held: dict[str, Any] = answer.json()
        return held if answer.status_code == 200 else None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the service has stored, past Django."""
        with closing(sqlite3.connect(self.folder / "django.db")) as database:
            return database.execute(query).fetchall()

    def users(self) -> list[tuple[Any, ...]]:
        """Name and email of every user of the service."""
        return self.rows("SELECT username, email FROM auth_user")

    def notify(self, logout_token: str) -> int:
        """Post a logout token to the service, as the provider's worker does."""
        return requests.post(
            f"{self.url}/one-login/back-channel-logout/",
            data={"logout_token": logout_token},
            timeout=20,
        ).status_code

    def end(self) -> None:
        """Close the browser and end the process."""
        self.visitor.close()
        self.program.end()


Open = Callable[..., DjangoService]


@pytest.fixture
def open_service(provider: RunningProvider, tmp_path: Path) -> Iterator[Open]:
    """Starts a registered Django service; keywords change its settings."""
    opened: list[DjangoService] = []

    def start(**settings: str) -> DjangoService:
        port = free_port()
        client_id = f"django-{port}"
        pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        program = Program(
            "tests.interop.django_service",
            str(port),
            environ={
                "DJANGO_DATABASE": str(tmp_path / "django.db"),
                "GOV_UK_ONE_LOGIN_OPENID_CONFIG_URL": provider.discovery,
                "GOV_UK_ONE_LOGIN_CLIENT_ID": client_id,
                "GOV_UK_ONE_LOGIN_CLIENT_SECRET": base64.b64encode(pem).decode(),
                "DD_TRACE_ENABLED": "false",
                "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
            }
            | settings,
            log=tmp_path / "django.log",
            run=(str(OTHER_CLIENTS / "bin" / "python"), "-m"),
        )
        service = DjangoService(provider, tmp_path, client_id, port, program)
        opened.append(service)
        provider.register(
            {
                "client_id": client_id,
                "client_name": "A Django service",
                "redirect_uris": [f"{service.url}/one-login/callback/"],
                "post_logout_redirect_uris": [f"{service.url}/signed-out"],
                "back_channel_logout_uri": f"{service.url}/one-login/back-channel-logout/",
                "contacts": ["team@example.com"],
                "scopes": ["openid", "email"],
                "public_key": public_key_text(rsa_key()),
                "pkce_enforced": False,
            }
        )
        program.wait_for(f"{service.url}/")
        return service

    yield start
    for service in opened:
        service.end()


def test_a_citizen_signs_in_comes_back_silently_and_signs_out(
    provider: RunningProvider, open_service: Open
) -> None:
    service, person, citizen = open_service(), provider.person(), provider.citizen()
    address = service.begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["vtr"] == '["Cl.Cm.P0"]'
    assert "code_challenge" not in asked, "the package has learned PKCE: ask for it"

    back = service.get(provider.sign_in(person, address, citizen))
    assert (back.status_code, back.headers["Location"]) == (302, "/held"), service.program.words()
    held = service.held()
    assert held is not None
    claims = verified(
        held["tokens"]["id_token"],
        provider.document(".well-known/jwks.json"),
        audience=service.client_id,
        algorithm="ES256",
    )
    assert claims["iss"] == provider.issuer
    assert claims["nonce"] == asked["nonce"]
    assert claims["vot"] == "Cl.Cm"
    assert held["user"] == claims["sub"]
    assert held["email"] == citizen.email
    assert service.users() == [(claims["sub"], citizen.email)]
    assert service.rows("SELECT session_key FROM django_session") == [(held["session"],)]
    facts = ["client_applied", "code_issued", "tokens_issued", "claims_released"]
    assert provider.facts(client_id=service.client_id) == facts

    service.visitor.cookies.clear()
    assert service.held() is None
    callback = provider.open(person, service.begin())
    assert callback is not None, "somebody was asked something"
    service.get(callback)
    again = service.held()
    assert again is not None
    assert (again["user"], again["email"]) == (held["user"], held["email"])
    assert again["session"] != held["session"]
    assert len(service.users()) == 1

    leaving = service.get("/sign-out").headers["Location"]
    assert leaving.startswith(f"{provider.issuer}logout?id_token_hint=")
    assert service.held() is None
    assert provider.open(person, leaving) == f"{service.url}/signed-out"
    assert "signed_out" in provider.facts(account_id=citizen.account_id)
    # The provider has forgotten this browser too: the next sign-in asks who it is.
    assert provider.open(person, service.begin()) is None


def signed_in(provider: RunningProvider, service: DjangoService) -> tuple[Any, Citizen, str]:
    person, citizen = provider.person(), provider.citizen()
    service.get(provider.sign_in(person, service.begin(), citizen))
    held = service.held()
    assert held is not None, service.program.words()
    return person, citizen, str(held["user"])


def test_the_service_forgets_whoever_signed_out_elsewhere(
    provider: RunningProvider, open_service: Open
) -> None:
    service = open_service()
    person, _, _ = signed_in(provider, service)
    provider.work()
    assert service.held() is not None

    assert provider.open(person, f"{provider.issuer}logout") is None
    person.send()
    assert service.held() is not None, "nothing was delivered yet"
    provider.work()
    assert service.held() is None
    assert service.rows("SELECT * FROM django_session") == []
    assert "logout_notice_delivered" in provider.facts(client_id=service.client_id)


def test_a_notice_by_anybody_else_is_answered_and_not_believed(
    provider: RunningProvider, open_service: Open
) -> None:
    """The package answers 200 whatever it thinks, so only the session tells."""
    service = open_service()
    _, _, sub = signed_in(provider, service)
    key = provider.document(".well-known/jwks.json")["keys"][0]
    now = provider.services.clock.now()
    claims = {
        "iss": provider.issuer,
        "sub": sub,
        "aud": service.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": "one",
        "events": LOGOUT,
    }
    forged = jwt.encode(claims, ec_key("a stranger"), "ES256", headers={"kid": key["kid"]})
    assert service.notify(forged) == 200
    elsewhere = provider.services.keyring.sign(
        claims | {"iss": "http://elsewhere.example/"}, alg="ES256", typ="logout+jwt"
    )
    assert service.notify(elsewhere) == 200
    assert service.held() is not None
    ours = provider.services.keyring.sign(claims, alg="ES256", typ="logout+jwt")
    assert service.notify(ours) == 200
    assert service.held() is None


def test_a_service_with_another_key_is_refused(
    provider: RunningProvider, open_service: Open
) -> None:
    other = rsa_key("another").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    service = open_service(GOV_UK_ONE_LOGIN_CLIENT_SECRET=base64.b64encode(other).decode())
    back = service.get(provider.sign_in(provider.person(), service.begin(), provider.citizen()))
    assert back.status_code == 500
    assert service.held() is None
    assert service.users() == []
    facts = provider.facts(client_id=service.client_id)
    assert facts[-1] == "client_authentication_refused"
    assert "tokens_issued" not in facts


@pytest.mark.parametrize("lie", ["another issuer", "another key"])
def test_a_service_told_a_lie_about_the_provider_lets_nobody_in(
    provider: RunningProvider, open_service: Open, lie: str
) -> None:
    """So the sign-in above succeeds because issuer and keys are right."""
    document = provider.document(".well-known/openid-configuration")
    keys = provider.document(".well-known/jwks.json")["keys"]
    with KeyServer() as discovery, KeyServer() as key_server:
        if lie == "another issuer":
            document["issuer"] = "http://elsewhere.example/"
        else:
            strangers = [jwk(ec_key("a stranger"), key["kid"], alg="ES256") for key in keys]
            key_server.publish(strangers)
            document["jwks_uri"] = key_server.url
        discovery.body = json.dumps(document).encode()
        service = open_service(GOV_UK_ONE_LOGIN_OPENID_CONFIG_URL=discovery.url)
        back = service.get(provider.sign_in(provider.person(), service.begin(), provider.citizen()))
        assert back.status_code == (400 if lie == "another issuer" else 500)
        assert service.held() is None
        assert service.users() == []
        assert "claims_released" not in provider.facts(client_id=service.client_id)
        assert len(key_server.visits) == (lie == "another key")
