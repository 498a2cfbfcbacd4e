"""Creating an account, page by page, as somebody new would."""

import secrets
from typing import Self

from tests.auth_flows.mailbox import Mailbox
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import seed_on
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Citizen
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit

CREATE = ("create", "create_account", "register", "sign_up", "signup")
"""Names or values of the button by which an account is created."""


class SignUp:
    """An account on its way; it stops where it is told to, so that an attack can do otherwise."""

    def __init__(self, probe: Probe) -> None:
        if not probe.ground.persons:
            raise NotTried("the target file names no citizen")
        domain = probe.ground.persons[0].citizen.email.rpartition("@")[2]
        citizen = Citizen(f"new-{secrets.token_hex(6)}@{domain}", secrets.token_urlsafe(18))
        probe.ground.wire.masker.learn(citizen.password)
        self.probe = probe
        self.person = Person(citizen, probe.ground.clock, probe.ground.wire.masker.learn)
        self.mailbox = Mailbox(probe, citizen.email)
        self.visit = Visit(probe, self.person).press(*CREATE).until("email")

    def prove_address(self) -> Self:
        """Name the address and type what is mailed to it; the password is asked for then."""
        self.visit.give()
        if "code" in self.visit.asks:
            self.visit.give(code=self.mailbox.code())
        self.visit.until("password")
        return self

    def choose_password(self) -> Self:
        """Choose the password; the page of the app comes then."""
        self.visit.give()
        return self

    def to_the_app(self) -> str:
        """Everything up to the page of the app; the key that it shows. Raises NotTried if none."""
        self.prove_address().choose_password()
        seed = seed_on(self.visit.answer.body)
        if not seed:
            raise NotTried("creating an account shows no key of an app that the probe can read")
        self.probe.ground.wire.masker.learn(seed)
        self.person.change(totp_seed=seed)
        return seed
