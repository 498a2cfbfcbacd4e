"""Changing something of one's own account, on the page for it, as its owner or a thief does."""

import secrets
from typing import Self
from urllib.parse import urlsplit

from tests.auth_flows.browser import Browser
from tests.auth_flows.probe import Probe
from tests.auth_flows.sign_in import Person
from tests.auth_flows.verdicts import Broken
from tests.auth_flows.visit import MOST_PAGES, Visit


class Changing:
    """A page of the account that changes something, opened in a browser that is signed in."""

    def __init__(self, probe: Probe, person: Person, browser: Browser, name: str) -> None:
        self.probe = probe
        self.person = person
        self.address = probe.page(name)
        self.visit = Visit(probe, person, browser=browser, url=self.address)
        self.given: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether the page itself is shown, and not a question before it."""
        answer = self.visit.answer
        return answer.status == 200 and urlsplit(answer.url).path == urlsplit(self.address).path

    def confirm(self) -> Self:
        """Give whatever is asked for before the page is shown."""
        for _ in range(MOST_PAGES):
            if self.is_open:
                return self
            asked = self.visit.asks & {"password", "code", "email"}
            if not asked:
                break
            self.given += sorted(asked)
            self.visit.give()
        raise Broken(f"the page {self.address} does not open: {self.visit.answer.told()}")

    def new_password(self, new: str = "") -> Visit:
        """Choose a new password, any or this one; the person has it from then on."""
        new = new or secrets.token_urlsafe(18)
        self.probe.ground.wire.masker.learn(new)
        self.confirm()
        self.visit.give(password=new)
        if self.is_open or self.visit.answer.status >= 400:
            raise Broken(f"the new password is not taken: {self.visit.answer.told()}")
        self.person.change(password=new)
        return self.visit
