"""Setting up an authenticator app, wherever it is done: the seed as a picture, a link and a key."""

from dataclasses import dataclass

import segno
from markupsafe import Markup

from idp.domain import authenticator_apps


@dataclass(frozen=True, slots=True)
class Setup:
    """What the page of a new app shows."""

    picture: Markup
    uri: str
    groups: list[str]


def of(seed: str, email: str) -> Setup:
    """Return what to show of `seed` to the owner of the account that `email` names."""
    uri = authenticator_apps.provisioning_uri(seed, email=email)
    svg = segno.make(uri, error="m", micro=False).svg_inline(
        border=2, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    # Drawn here, from modules of black and white.
    return Setup(Markup(svg), uri, authenticator_apps.in_groups(seed))  # noqa: S704
