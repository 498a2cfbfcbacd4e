"""A browser without a screen: keeps cookies, follows a redirect only when it is told to."""

from urllib.parse import urlencode, urljoin, urlsplit

from tests.auth_flows.forms import Form
from tests.auth_flows.wire import FORM, Answer, Pairs, Wire

SHORTEST_SECRET = 16
"""Characters; a shorter cookie is a choice of language, not a session."""


class Browser:
    """One person's browser at one provider; it shares nothing with another."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.url = ""
        self.patient = True
        """Whether it waits when it is told that it asks too often."""
        self._cookies: dict[tuple[str, str], str] = {}

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies it holds, by name."""
        return {name: value for (name, _), value in self._cookies.items()}

    def copy(self) -> "Browser":
        """Another browser with the same cookies, as a thief of them has."""
        thief = Browser(self.wire)
        thief.url, thief._cookies = self.url, dict(self._cookies)
        return thief

    def put(self, name: str, value: str) -> None:
        """Change the value of a cookie it holds."""
        for known in self._cookies:
            if known[0] == name:
                self._cookies[known] = value

    def get(self, url: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self._send("GET", url, None, headers)

    def post(self, url: str, fields: Pairs, **headers: str) -> Answer:
        """Send a form, from the page that is shown or from nowhere."""
        usual = {"Content-Type": FORM}
        if self.url:
            shown = urlsplit(self.url)
            usual |= {"Origin": f"{shown.scheme}://{shown.netloc}", "Referer": self.url}
        return self._send("POST", url, urlencode(fields), usual | headers)

    def submit(self, form: Form, values: dict[str, str], button: tuple[str, str]) -> Answer:
        """Fill a form of the page that is shown and press a button of it."""
        sent = form.values | ({button[0]: button[1]} if button[0] else {}) | values
        address = urljoin(self.url, form.action) if form.action else self.url
        if form.method == "post":
            return self.post(address, list(sent.items()))
        return self.get(address.partition("?")[0] + "?" + urlencode(sent))

    def _send(self, method: str, url: str, body: str | None, headers: dict[str, str]) -> Answer:
        path = urlsplit(url).path or "/"
        held = "; ".join(
            f"{name}={value}" for (name, at), value in self._cookies.items() if path.startswith(at)
        )
        usual = {"Accept": "text/html"} | ({"Cookie": held} if held else {})
        answer = self.wire.send(
            method, url, body=body, headers=usual | headers, patient=self.patient
        )
        for line in answer.every("Set-Cookie"):
            self._keep(line)
        if not answer.location:
            self.url = url
        return answer

    def _keep(self, line: str) -> None:
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, _, value = pair.partition("=")
        told = {key.lower(): worth for key, _, worth in (a.partition("=") for a in attributes)}
        at = told.get("path") or "/"
        if not value.strip('"') or told.get("max-age") == "0":
            self._cookies.pop((name, at), None)
            return
        self._cookies[name, at] = value
        if len(value) >= SHORTEST_SECRET:
            self.wire.masker.learn(value)
