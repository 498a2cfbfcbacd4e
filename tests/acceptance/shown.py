"""What the walks through all pages have in common: what is shown, and who walks."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.acceptance.walking import set_out
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen, enrol
from tests.support.servers import Street

JOURNEY = "/j/<journey_id>"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Shown:
    """What is on the screen: the provider's route (or a department), and its state."""

    route: str
    state: str = "as it is"

    @property
    def name(self) -> str:
        """A name for files and reports."""
        route = "front page" if self.route == "/" else self.route
        return re.sub(r"[^a-z0-9]+", "-", f"{route} {self.state}".lower()).strip("-")


Walk = Callable[[Visitor, Street, str], Iterator[Shown]]


def stranger(name: str) -> Citizen:
    """Somebody without an account, whom no other walk knows."""
    return Citizen(email=f"{name}.{next(_numbers)}@example.com")


def newcomer(street: Street, name: str) -> Citizen:
    """A citizen with an account, whom no other walk knows."""
    with street.records() as session:
        return enrol(session, street.services, stranger(name))


def speak(visitor: Visitor, language: str) -> None:
    """Choose the language by the toggle of the page, where it is not chosen already."""
    if visitor.page.locator("html").get_attribute("lang") != language:
        separator = "&" if "?" in visitor.page.url else "?"
        visitor.open(f"{visitor.page.url}{separator}lng={language}")


def arrive(visitor: Visitor, street: Street, slug: str, language: str) -> None:
    """Set out from a department, and choose the language where it sent another one along."""
    set_out(visitor, street, slug)
    speak(visitor, language)


WRONG_PASSWORDS = {
    "empty": "",
    "too long": "x" * 257,
    "common": "password12",
    "obvious": "zzzzzzzzzzzzz",
}
NO_CODE = {"empty": ""}


def mistakes(visitor: Visitor, route: str, field: str, typed: Mapping[str, str]) -> Iterator[Shown]:
    """Type each thing that is wrong into the field, and send it; `typed` is by state.

    In Welsh, whose words the catalogue's own checks hold, the first of them stands for all.
    """
    welsh = visitor.page.locator("html").get_attribute("lang") == "cy"
    for state, value in list(typed.items())[: 1 if welsh else None]:
        visitor.fill(field, value)
        visitor.submit()
        yield Shown(route, state)


def answer_with_passkey(visitor: Visitor, answer: str) -> None:
    """Send `answer` in place of the browser's."""
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.evaluate(
            """answer => {
                const form = document.querySelector("[data-onepass-passkey]");
                form.querySelector("input[name=answer]").value = answer;
                form.submit();
            }""",
            answer,
        )
    visitor.look()


def page_of_journey(visitor: Visitor, path: str) -> None:
    """Open another page of the Journey that is shown."""
    visitor.open(re.sub(r"(/j/[^/]+/).*", rf"\g<1>{path}", visitor.page.url))


def go_through_check(
    visitor: Visitor, street: Street, person: str, ending: str, delay: int = 0
) -> None:
    """From the first page of proving to what comes of it."""
    visitor.submit(0)
    visitor.choose("person", person)
    visitor.choose("ending", ending)
    visitor.fill("delay", str(delay))
    visitor.submit()
    if delay:
        street.clock.move(delay)
        visitor.open(visitor.page.url)
