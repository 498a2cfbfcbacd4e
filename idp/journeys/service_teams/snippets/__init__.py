"""Copy and paste: what a team puts into its own program, made from its client's registration.

Owns: the settings for each library, filled in. Pure functions, no Flask. A secret or a private key
never stands in one: a placeholder does, with where to get it. Does not own the page they are on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idp.journeys.service_teams.snippets import apache, django, flask, node, plain
from idp.journeys.service_teams.snippets.facts import ClientFacts, facts_of
from idp.protocol.client_policy import ClientPolicy

__all__ = ["Snippet", "facts_of", "snippets_for"]


@dataclass(frozen=True, slots=True)
class Snippet:
    """One text to copy: what it is for, the file it goes into, the commands that need it.

    `fits` is False when this client cannot use that software as it is registered.
    """

    name: str
    title: str
    file: str
    commands: tuple[str, ...]
    text: str
    fits: bool = True


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    title: str
    file: str
    commands: tuple[str, ...]
    write: Callable[[ClientFacts], str]
    fits: Callable[[ClientFacts], bool] = lambda _: True


_KINDS = (
    _Kind(
        "flask",
        "Flask, Authlib",
        "service.py",
        ("pip install flask authlib requests", "python service.py"),
        flask.write,
    ),
    _Kind(
        "django",
        "Django, govuk-onelogin-django",
        "onepass_settings.py",
        ("pip install govuk-onelogin-django",),
        django.write,
        django.fits,
    ),
    _Kind(
        "node",
        "Node, openid-client",
        "service.mjs",
        ("npm install openid-client", "node service.mjs"),
        node.write,
    ),
    _Kind(
        "apache",
        "Apache, mod_auth_openidc",
        "onepass.conf",
        ("apt-get install apache2 libapache2-mod-auth-openidc", "a2enconf onepass"),
        apache.write,
        apache.fits,
    ),
    _Kind("environment", "", "onepass.env", (), plain.environment),
    _Kind("json", "JSON", "onepass.json", (), plain.document),
)


def snippets_for(policy: ClientPolicy, redirect_uri: str, issuer: str) -> list[Snippet]:
    """Return every text for this client, whose people come back to `redirect_uri`."""
    facts = facts_of(policy, redirect_uri, issuer)
    return [
        Snippet(
            kind.name, kind.title, kind.file, kind.commands, kind.write(facts), kind.fits(facts)
        )
        for kind in _KINDS
    ]
