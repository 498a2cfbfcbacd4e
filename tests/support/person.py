"""A person with a plain browser: follows redirects, keeps cookies, reads every page.

In front of Flask's test client (`Person`) or of a server on another port (`DistantPerson`). Every
page shown is checked as it arrives for what must hold everywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from flask import Flask
from requests.structures import CaseInsensitiveDict

from tests.support.pages import Form, PageReader, problems_of


@dataclass(frozen=True)
class Answer:
    """What came back from one request."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: str


class Walker(ABC):
    """What a person does, whatever carries their requests."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._origin = urlsplit(issuer)
        self.answer: Answer | None = None
        self.url = issuer
        self.left_to: str | None = None
        """The address outside the provider to which the last answer sent this browser."""

    @abstractmethod
    def request(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> Answer:
        """Send one request, follow nothing."""

    def open(self, url: str, **headers: str) -> "Walker":
        """GET `url`, follow redirects within the provider, and look at what is shown."""
        return self._go("GET", url, None, headers)

    def send(
        self, values: dict[str, str] | None = None, *, form: int = 0, button: int = 0
    ) -> "Walker":
        """Fill `values` into the page's form (its `form`th) and press its `button`th button."""
        filled = self.form(form)
        name, value = filled.buttons[button] if filled.buttons else ("", "")
        data = filled.values | ({name: value} if name else {}) | (values or {})
        return self._go("POST", filled.action or self.url, data, {})

    def form(self, number: int = 0) -> Form:
        """The `number`th form that posts."""
        posts = [form for form in self.page.forms if form.method == "post"]
        assert posts, f"no form to send on {self.url}: {self.page.text[:300]}"
        return posts[number]

    @property
    def page(self) -> PageReader:
        """The page now shown."""
        return PageReader(self.html)

    @property
    def html(self) -> str:
        """The page now shown, as markup."""
        assert self.answer is not None, "nothing has been opened"
        return self.answer.body

    @property
    def status(self) -> int:
        """The status of the last answer."""
        assert self.answer is not None, "nothing has been opened"
        return self.answer.status

    @property
    def heading(self) -> str:
        """The words of the page's h1."""
        assert self.page.headings, f"no page is shown; the answer is {self.answer}"
        return " ".join(self.page.headings[0].split())

    def _go(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> "Walker":
        self.left_to = None
        for _ in range(12):
            usual = {"Accept": "text/html", "Referer": self.url}
            if method == "POST":
                usual["Origin"] = f"{self._origin.scheme}://{self._origin.netloc}"
            answer = self.request(method, urljoin(self.url, url), data, usual | headers)
            self.answer, self.url = answer, answer.url
            location = answer.headers.get("Location")
            if answer.status not in (302, 303) or location is None:
                self._look(answer)
                return self
            if urlsplit(location).netloc not in ("", self._origin.netloc):
                self.left_to = location
                return self
            method, url, data = "GET", location, None
        raise AssertionError(f"redirects never end: {self.url}")

    def _look(self, answer: Answer) -> None:
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            problems = problems_of(answer.body, answer.headers, self.issuer)
            assert not problems, f"{self.url}: {problems}"


class Person(Walker):
    """Somebody in front of Flask's test client, at an address of their own."""

    def __init__(self, app: Flask, issuer: str, address: str) -> None:
        super().__init__(issuer)
        self.client = app.test_client()
        self._environ = {"REMOTE_ADDR": address}

    def request(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> Answer:
        """Send one request through the test client."""
        parts = urlsplit(url)
        response = self.client.open(
            parts.path or "/",
            query_string=parts.query,
            method=method,
            data=data,
            base_url=f"{parts.scheme}://{parts.netloc}",
            environ_overrides=self._environ,
            headers=headers,
        )
        return Answer(
            url,
            response.status_code,
            CaseInsensitiveDict(response.headers.items()),
            response.get_data(as_text=True),
        )


class DistantPerson(Walker):
    """Somebody whose requests go over a socket; `server` answers in the issuer's name."""

    def __init__(self, issuer: str, server: str, address: str) -> None:
        super().__init__(issuer)
        self._server = server.rstrip("/")
        self._address = address
        self.session = requests.Session()
        self.session.trust_env = False

    def request(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> Answer:
        """Send one request to the server this person is connected to."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        response = self.session.request(
            method,
            self._server + path,
            data=data,
            headers=headers | {"Host": parts.netloc, "X-Forwarded-For": self._address},
            allow_redirects=False,
            timeout=30,
        )
        return Answer(url, response.status_code, response.headers, response.text)

    def close(self) -> None:
        """Close the connections."""
        self.session.close()
