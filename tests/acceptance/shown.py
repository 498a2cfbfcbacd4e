"""What the walks through all pages have in common: what is shown, and who walks."""

import itertools
import re
from dataclasses import dataclass

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


def stranger(name: str) -> Citizen:
    """Somebody without an account, whom no other walk knows."""
    return Citizen(email=f"{name}.{next(_numbers)}@example.com")


def newcomer(street: Street, name: str) -> Citizen:
    """A citizen with an account, whom no other walk knows."""
    with street.records() as session:
        return enrol(session, street.services, stranger(name))
