"""Citizens, sessions and clients for a bench database, written through the provider's own domain.

Real sign-ins are measured elsewhere; here they would only cost time.
"""

from dataclasses import dataclass

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from idp.domain import accounts, authenticator_apps, clients, sessions
from idp.domain.services import Services
from tests.bench.client import REDIRECT_URI, BenchClient
from tests.bench.systems import CITIZENS, Citizen

PASSWORD = "a bench needs long words"
SIGN_IN_CITIZENS = 3000
"""A code is good once in thirty seconds, so fast sign-ins need many citizens."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """Who can sign in, and the session cookies of those who are signed in."""

    citizens: list[Citizen]
    cookies: list[str]


def seed(
    services: Services, bench_clients: list[BenchClient], sign_in_citizens: int = SIGN_IN_CITIZENS
) -> Seeded:
    """Write everything, signing keys too, in one transaction; a secret goes to its client."""
    engine = create_engine(services.settings.database_url)
    password_hash = services.hasher.hash(PASSWORD)
    with Session(engine) as session, session.begin():
        services.keyring.equip(session, services.clock.now())
        for client in bench_clients:
            applied = clients.apply(session, services, registration(client))
            client.secret = applied.client_secret or ""
        cookies = [
            _signed_in(session, services, password_hash, number) for number in range(CITIZENS)
        ]
        citizens = [
            _citizen(session, services, password_hash, number)[1]
            for number in range(CITIZENS, CITIZENS + sign_in_citizens)
        ]
    engine.dispose()
    return Seeded(citizens, cookies)


def registration(client: BenchClient) -> dict[str, object]:
    """Return the client's registration, in the field names of the registration API."""
    fields: dict[str, object] = {
        "client_id": client.client_id,
        "client_name": f"Bench {client.method}",
        "service": f"Bench {client.method}",
        "redirect_uris": [REDIRECT_URI],
        "contacts": ["bench@example.com"],
        "scopes": ["openid", "email"],
        "sector_identifier_uri": "http://localhost:9",
        "subject_type": "pairwise",
        "pkce_enforced": True,
        "environment": "integration",
        "id_token_signing_algorithm": "RS256" if client.method == "RS256" else "ES256",
        # A rate is kept, as for any client, and never reached.
        "rate_limit": 600_000,
    }
    if client.method == "secret":
        fields["token_endpoint_auth_method"] = "client_secret_post"
    else:
        fields["token_endpoint_auth_method"] = "private_key_jwt"
        fields["public_key"] = client.public_key()
    return fields


def _citizen(
    session: Session, services: Services, password_hash: str, number: int
) -> tuple[accounts.Account, Citizen]:
    email = f"citizen-{number}@example.com"
    account = accounts.create(
        session, services, email=email, password_hash=password_hash, language="en"
    )
    accounts.complete(session, account)
    # A returning citizen: asked before whether they want a passkey, as everybody is once.
    accounts.passkey_was_offered(session, account.id, services.clock.now())
    secret = authenticator_apps.propose(services.entropy)
    authenticator_apps.add(session, services, account_id=account.id, secret=secret, step=0)
    return account, Citizen(email, PASSWORD, secret)


def _signed_in(session: Session, services: Services, password_hash: str, number: int) -> str:
    account, _ = _citizen(session, services, password_hash, number)
    browser_session, _ = sessions.after_password(
        session,
        services,
        browser_hash=f"{number:064d}",
        account=account,
        current=None,
        device="bench",
    )
    return f"onepass-session={sessions.after_second_factor(session, services, browser_session)}"
