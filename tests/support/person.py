"""A person in front of Flask's test client: follows redirects, keeps cookies, reads every page."""

from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.pages import Form, PageReader, problems_of


class Person:
    """A browser of its own at an address of its own. Every page shown is checked as it arrives."""

    def __init__(self, app: Flask, issuer: str, address: str) -> None:
        self.issuer = issuer
        self._netloc = urlsplit(issuer).netloc
        self.client: FlaskClient = app.test_client()
        self._environ = {"REMOTE_ADDR": address}
        self.response: TestResponse | None = None
        self.url = issuer
        self.left_to: str | None = None
        """The address outside the provider to which the last answer sent this browser."""

    def open(self, url: str, **headers: str) -> "Person":
        """GET `url`, follow redirects within the provider, and look at what is shown."""
        return self._go("GET", url, None, headers)

    def send(
        self, values: dict[str, str] | None = None, *, form: int = 0, button: int = 0
    ) -> "Person":
        """Fill `values` into the page's form (its `form`th) and press its `button`th button."""
        filled = self.form(form)
        name, value = filled.buttons[button] if filled.buttons else ("", "")
        data = filled.values | ({name: value} if name else {}) | (values or {})
        return self._go(filled.method.upper(), filled.action or self.url, data, {})

    def form(self, number: int = 0) -> Form:
        """The `number`th form that posts (the language toggle and the like are links)."""
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
        assert self.response is not None, "nothing has been opened"
        return self.response.get_data(as_text=True)

    @property
    def status(self) -> int:
        """The status of the last answer."""
        assert self.response is not None, "nothing has been opened"
        return self.response.status_code

    @property
    def heading(self) -> str:
        """The words of the page's h1."""
        return " ".join(self.page.headings[0].split())

    def _go(
        self, method: str, url: str, data: dict[str, str] | None, headers: dict[str, str]
    ) -> "Person":
        self.left_to = None
        for _ in range(12):
            self.response = self.client.open(
                _path(url),
                method=method,
                data=data,
                base_url=self.issuer,
                environ_overrides=self._environ,
                headers={"Accept": "text/html", "Referer": self.url} | headers,
            )
            self.url = str(self.response.request.url)
            location = self.response.headers.get("Location")
            if self.response.status_code not in (302, 303) or location is None:
                self._look()
                return self
            if urlsplit(location).netloc not in ("", self._netloc):
                self.left_to = location
                return self
            method, url, data = "GET", location, None
        raise AssertionError(f"redirects never end: {self.url}")

    def _look(self) -> None:
        assert self.response is not None
        if self.response.mimetype != "text/html":
            return
        problems = problems_of(self.html, dict(self.response.headers), self.issuer)
        assert not problems, f"{self.url}: {problems}"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
