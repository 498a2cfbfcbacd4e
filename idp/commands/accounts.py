"""`onepass accounts`: test citizens, never in production, and who waits to get back in.

What operators do to any account is in `account_levers`.
"""

import base64
from datetime import UTC, datetime

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import accounts as accounts_of
from idp.domain import audit, authenticator_apps, passwords, recoveries


@click.group()
def accounts() -> None:
    """Citizens' accounts."""


@accounts.command()
@click.option("--email", help="Address of one account; without it they are numbered.")
@click.option("--password", help="Password; made up if not given.")
@click.option("--totp-secret", help="Base32 seed of the authenticator app; made up if not given.")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "cy"]))
@as_json
@pass_workplace
def create(
    workplace: Workplace,
    email: str | None,
    password: str | None,
    totp_secret: str | None,
    count: int,
    language: str,
    as_json: bool,
) -> None:
    """Make test citizens with a password and an authenticator app, and print both once.

    Refused in production. An account that exists is left as it is.
    """
    if workplace.settings.mode == "production":
        raise click.ClickException("Test citizens cannot be made in production.")
    if email and count > 1:
        raise click.UsageError("Use --email for one account, --count for several.")
    if totp_secret and not _is_seed(totp_secret):
        raise click.ClickException("No authenticator app takes that seed: 160 bits of base32.")
    made = [
        _one(
            workplace,
            email or f"citizen-{workplace.services.entropy.digits(9)}@example.com",
            password or f"test {workplace.services.entropy.short_token()}",
            totp_secret or authenticator_apps.propose(workplace.services.entropy),
            language,
        )
        for _ in range(count)
    ]
    words = "\n".join(f"{citizen['email']}  {citizen['password']}" for citizen in made)
    tell(as_json, {"accounts": made}, words)


def _is_seed(text: str) -> bool:
    try:
        return len(base64.b32decode(text, casefold=True)) >= authenticator_apps.SEED_BYTES
    except ValueError:
        return False


def _one(
    workplace: Workplace, email: str, password: str, totp_secret: str, language: str
) -> dict[str, object]:
    services = workplace.services
    password_hash = services.hasher.hash(password)
    created = True
    with workplace.session() as session:
        account = accounts_of.find_by_email(session, email)
        if account is None:
            problem = passwords.problem_with(password, email=email)
            if problem is not None:
                raise click.ClickException(f"That password cannot be used: {problem}.")
            account = accounts_of.create(
                session, services, email=email, password_hash=password_hash, language=language
            )
            authenticator_apps.add(
                session, services, account_id=account.id, secret=totp_secret, step=0
            )
            accounts_of.complete(session, account)
            # Programs sign in with these: no page stands in their way that people see once.
            accounts_of.passkey_was_offered(session, account.id, services.clock.now())
            fact = audit.AccountCreatedByOperator(account_id=account.id)
            audit.record(session, fact, now=services.clock.now())
        else:
            created = False
        account_id = account.id
    return {
        "email": email,
        "password": password,
        "totp_secret": totp_secret,
        "account_id": account_id,
        "created": created,
    }


@accounts.command(name="recoveries")
@as_json
@pass_workplace
def list_recoveries(workplace: Workplace, as_json: bool) -> None:
    """List who waits for a new second factor, and from when on they may set it up."""
    now = workplace.services.clock.now()
    with workplace.session() as session:
        listed = [
            {
                "account_id": account.id,
                "email": account.email,
                "proved": recovery.journey_id is not None,
                "begun_at": recovery.begun_at,
                "ready_at": recovery.ready_at,
                "lapses_at": recovery.lapses_at,
                "ready": recovery.ready_at <= now,
            }
            for recovery, account in recoveries.open_ones(session, now)
        ]
    words = "\n".join(
        f"{one['email']}  {'may set up an app now' if one['ready'] else _until(one['ready_at'])}"
        for one in listed
    )
    tell(as_json, {"recoveries": listed}, words or "Nobody is waiting.")


def _until(at: object) -> str:
    moment = datetime.fromtimestamp(int(str(at)), UTC)
    return f"waits until {moment:%Y-%m-%d %H:%M} UTC"
