"""A device without a browser: it shows a code, somebody types it elsewhere (RFC 8628)."""

import secrets
import string
from urllib.parse import urlsplit

from tests.auth_flows.browser import Browser
from tests.auth_flows.probe import TOKENS, Probe
from tests.auth_flows.sign_in import Person, button_to_press
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken
from tests.auth_flows.visit import MOST_PAGES, Visit
from tests.auth_flows.wire import Answer, Pairs

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
USUAL_INTERVAL = 5
WAITING = ("authorization_pending", "slow_down")


class Device:
    """A device of one client, with the codes that it got."""

    def __init__(self, probe: Probe, client: Client, begun: Answer) -> None:
        told = begun.json
        self.probe = probe
        self.client = client
        self.begun = begun
        self.code = str(told.get("device_code", ""))
        self.user_code = str(told.get("user_code", ""))
        self.page = str(told.get("verification_uri", ""))
        self.direct = str(told.get("verification_uri_complete", ""))
        self.life = int(told.get("expires_in") or 0)
        self.interval = int(told.get("interval") or USUAL_INTERVAL)
        probe.ground.wire.masker.learn(self.code, self.user_code)

    # -- the device

    def send(self, proof: Pairs, headers: dict[str, str]) -> Answer:
        """Ask for the tokens with this proof; one that hears 429 has been told to slow down."""
        fields: Pairs = [("grant_type", GRANT), ("device_code", self.code)]
        wire = self.probe.ground.wire
        url = self.probe.endpoint("token_endpoint")
        answer = wire.form(url, fields + proof, headers, patient=False)
        wire.masker.learn(*(str(answer.json.get(name, "")) for name in TOKENS))
        return answer

    def poll(self, client: Client | None = None) -> Answer:
        """Ask for the tokens, as its client or another of ours."""
        return self.send(*self.probe.proof(client or self.client))

    def poll_in_time(self) -> Answer:
        """Ask after the time that it should wait; told to slow down, it waits longer once."""
        self.probe.wait(self.interval)
        answer = self.poll()
        if answer.status == 429 or answer.json.get("error") == "slow_down":
            self.probe.wait(self.interval + USUAL_INTERVAL)
            answer = self.poll()
        return answer

    # -- the browser elsewhere

    def opened(self, person: Person, browser: Browser | None = None, code: str = "") -> Visit:
        """The page for codes, with the code typed in and sent; signed in first if it asks so."""
        visit = Visit(self.probe, person, browser=browser, url=self.page)
        for _ in range(MOST_PAGES):
            if field := self.field(visit):
                form = visit.form
                if form is None:
                    break
                sent = form.values | {field: code or self.user_code}
                name, value = button_to_press(form, self.probe.target.fields)
                return visit.send(list((sent | ({name: value} if name else {})).items()))
            if visit.answer.status >= 400:
                return visit
            if not visit.asks:
                break
            visit.give()
        raise Broken(f"no form at {self.page} asks for the code of a device")

    def field(self, visit: Visit) -> str:
        """The name of the field of this page that asks for the code of a device, or nothing."""
        names = visit.form.asked if visit.form else []
        told = next((name for name in names if "user" in name and "code" in name), "")
        if told or len(names) != 1:
            return told
        here = urlsplit(visit.answer.url).path == urlsplit(self.page).path
        kind = visit.kind(names[0])
        return names[0] if kind == "other" or (here and kind == "code") else ""

    def wrong_code(self) -> str:
        """A code like its own that nobody got."""
        digits = not any(letter.isalpha() for letter in self.user_code)
        letters = string.digits if digits else "BCDFGHJKLMNPQRSTVWXZ"
        return "".join(secrets.choice(letters) if c.isalnum() else c for c in self.user_code)


def begin(probe: Probe, client: Client) -> Device | None:
    """A device of this client; None if it may be no device."""
    proof, headers = probe.proof(client)
    url = probe.endpoint("device_authorization_endpoint")
    answer = probe.ground.wire.form(url, [("scope", client.scope), *proof], headers)
    return Device(probe, client, answer) if "device_code" in answer.json else None
