"""Every page of the levers, in every state: what `showing` has for the other pages."""

from collections.abc import Iterator

from tests.acceptance.at_the_levers import come_to, new_operator
from tests.acceptance.shown import Shown, Walk
from tests.support.chromium import Visitor
from tests.support.servers import Street


def minding_the_keys(visitor: Visitor, street: Street, language: str) -> Iterator[Shown]:
    """A key of the checkpoints' ring and one of the tokens', from their making to their end."""
    come_to(visitor, street, new_operator(street), f"ops/keys?lng={language}")
    yield Shown("/ops/keys")
    visitor.open(f"{street.issuer}ops/keys/new")
    yield Shown("/ops/keys/new")
    visitor.submit()
    yield Shown("/ops/keys/new", "nothing chosen")
    visitor.choose("ring", "tokens:RS256")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "made")
    key = visitor.page.url
    visitor.open(f"{key}/activate")
    yield Shown("/ops/keys/<kid>/activate", "not published")
    visitor.open(f"{key}/publish")
    yield Shown("/ops/keys/<kid>/publish")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "published")
    visitor.open(f"{key}/activate")
    yield Shown("/ops/keys/<kid>/activate", "too early")
    visitor.open(f"{key}/retire")
    yield Shown("/ops/keys/<kid>/retire")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "given up")
    visitor.open(f"{street.issuer}ops/keys/new")
    visitor.choose("ring", "audit:ES256")
    visitor.submit()
    key = visitor.page.url
    visitor.open(f"{key}/publish")
    visitor.submit()
    visitor.open(f"{key}/activate")
    yield Shown("/ops/keys/<kid>/activate")
    visitor.submit()
    yield Shown("/ops/keys/<kid>", "current")


WALKS: dict[str, Walk] = {
    "minding the keys": minding_the_keys,
}

ROUTES = {
    "/ops/keys",
    "/ops/keys/new",
    "/ops/keys/<kid>",
    *(f"/ops/keys/<kid>/{step}" for step in ("publish", "activate", "retire")),
}
"""Every route of the levers that shows a page."""
