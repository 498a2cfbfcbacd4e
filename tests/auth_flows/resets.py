"""Getting a new password by mail, page by page, as a citizen who forgot theirs."""

import secrets
from collections.abc import Mapping
from typing import Self

from tests.auth_flows.browser import Browser
from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe
from tests.auth_flows.sign_in import Person
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.visit import Visit

MOST_STEPS = 3


class Reset:
    """A reset on its way. It stops where it is told to, so that an attack can do otherwise."""

    def __init__(
        self,
        probe: Probe,
        person: Person,
        *,
        browser: Browser | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.mailbox = Mailbox(probe, person.citizen.email)
        self.probe = probe
        self.person = person
        self.visit = Visit(probe, person, browser=browser, headers=headers).until("password")
        self.visit.open(self.visit.beside("forgotten_password"))
        self.new_password = secrets.token_urlsafe(18)
        probe.ground.wire.masker.learn(self.new_password)

    def ask(self) -> Self:
        """Ask for the mail; the page that asks for what it holds comes, unless none is sent."""
        for _ in range(MOST_STEPS):
            if not self.visit.leads_on or "code" in self.visit.asks:
                break
            self.visit.give()
        return self

    def code(self) -> str:
        """The code that was mailed last. Raises NotTried where no page asks for one."""
        if "code" not in self.visit.asks:
            raise NotTried(
                "no page of the reset asks for what was mailed: the probe types codes, and follows "
                f"no link ({self.visit.answer.told()})"
            )
        return self.mailbox.code()

    def prove(self) -> Self:
        """Type the code of the mail."""
        self.visit.give(code=self.code())
        return self

    @property
    def may_choose(self) -> bool:
        """Whether this page asks for a new password."""
        return "password" in self.visit.asks

    def give_the_factor(self) -> Self:
        """Give the code of the app, if it is asked for."""
        if "code" in self.visit.asks:
            self.visit.give()
        return self

    def choose(self) -> Self:
        """Type the new password wherever this page asks for it."""
        form = self.visit.form
        if form is None or not self.may_choose:
            raise Broken(f"the reset asks for no new password: {self.visit.answer.told()}")
        self.visit.give(password=self.new_password)
        return self

    def all(self) -> Self:
        """Everything, from the mail to the new password; the person has it from then on."""
        self.ask().prove().give_the_factor().choose()
        self.person.change(password=self.new_password)
        return self
