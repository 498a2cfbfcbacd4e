"""The mails that a provider sends to citizens of ours, where its mailbox can be read."""

import re
import time
from urllib.parse import urlencode

from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Answer

PATIENCE = 20
"""Seconds a mail may take."""
GLANCE = 0.1
SETTLED = 2
"""Seconds without a mail after which no more are on their way."""
_CODE = re.compile(r"(?<![\w-])([0-9]{6,8})(?![\w-])")
_LINK = re.compile(r"https?://\S+[?/=][\w-]{16,}")
"""An address that holds a proof, as a mail has it in the place of a code."""
Mail = dict[str, str]


class NoMail(Broken):
    """None came, of a mailbox that can be read."""


class Mailbox:
    """The mails to one address; `news` are those that came since it was last looked at."""

    def __init__(self, probe: Probe, address: str) -> None:
        if not probe.target.mailbox:
            raise NotTried("the target file names no mailbox")
        self.probe = probe
        self.address = address
        self._known = {mail["id"] for mail in self.all()}

    def look(self) -> Answer:
        """The mailbox as it is answered. Raises Broken if it cannot be read."""
        url = f"{self.probe.target.mailbox}?{urlencode({'to': self.address})}"
        answer = self.probe.ground.wire.send("GET", url)
        if answer.status != 200 or not isinstance(answer.json.get("messages"), list):
            raise Broken(f"the mailbox of the target file shows no messages: {answer.told()}")
        return answer

    def all(self) -> list[Mail]:
        """All mails that are shown, newest first."""
        told = self.look().json["messages"]
        return [{name: str(value) for name, value in mail.items()} for mail in told]

    def news(self, *, at_least: int = 1) -> list[Mail]:
        """The mails since the last look; waits for some. Raises NoMail if none comes."""
        until = time.monotonic() + PATIENCE
        while True:
            fresh = [mail for mail in self.all() if mail["id"] not in self._known]
            if len(fresh) >= at_least:
                self._known |= {mail["id"] for mail in fresh}
                return fresh
            if time.monotonic() > until:
                raise NoMail(f"no mail came to {self.address} in {PATIENCE} seconds")
            time.sleep(GLANCE)

    def hears(self) -> bool:
        """Whether a mail comes, in the time that one may take."""
        try:
            return bool(self.news())
        except NoMail:
            return False

    def count(self) -> int:
        """How many mails came since the last look, once no more have come for a while."""
        until = time.monotonic() + PATIENCE
        seen, since = -1, 0.0
        while True:
            now = time.monotonic()
            came = len([mail for mail in self.all() if mail["id"] not in self._known])
            if came != seen:
                seen, since = came, now
            elif now - since > SETTLED or now > until:
                return came
            time.sleep(GLANCE)

    def code(self) -> str:
        """The code in the newest mail that holds one; another notice may come before it.

        Raises Broken if no mail comes, NotTried if one leads on by a link.
        """
        until = time.monotonic() + PATIENCE
        while True:
            fresh = self.news()
            for mail in fresh:
                told = mail.get("code", "")
                found = _CODE.search(told if told != "None" else mail.get("body", ""))
                if found:
                    self.probe.ground.wire.masker.learn(found.group(1))
                    return found.group(1)
            if any(_LINK.search(mail.get("body", "")) for mail in fresh):
                raise NotTried("the mail leads on by a link, and the probe types codes alone")
            if time.monotonic() > until:
                raise Broken(f"no mail to {self.address} holds a code")
