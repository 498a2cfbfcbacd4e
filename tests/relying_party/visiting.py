"""A browser of one person at one department, as far as a test client can be one."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relying_party_demo.app import create_app
from relying_party_demo.department import Department, read
from tests.relying_party.fake_provider import FakeProvider
from tests.support.clock import FixedClock


@dataclass
class Visit:
    """One department and one browser at it."""

    department: Department
    app: Flask
    provider: FakeProvider
    clock: FixedClock
    browser: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.app.test_client()

    def another_browser(self) -> "Visit":
        return Visit(self.department, self.app, self.provider, self.clock)

    def get(self, path: str) -> TestResponse:
        return self.browser.get(path)

    def leave(self, path: str = "/sign-in") -> dict[str, str]:
        """Go to the provider and sign in there; what the browser would bring back."""
        response = self.browser.get(path)
        assert response.status_code == 303, response.text
        return self.provider.authorize(response.location)

    def arrive(self, answer: dict[str, str]) -> TestResponse:
        """Bring an answer back."""
        return self.browser.get(f"/callback?{urlencode(answer)}")

    def sign_in(self, path: str = "/sign-in") -> TestResponse:
        response = self.arrive(self.leave(path))
        assert response.status_code == 303, response.text
        return response

    def form_token(self, path: str) -> str:
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def sign_out(self) -> TestResponse:
        return self.browser.post("/sign-out", data={"csrf_token": self.form_token("/account")})

    def signed_in(self) -> bool:
        return self.get("/account").status_code == 200

    def notify(self, token: str) -> TestResponse:
        """What the provider gets for posting ``token`` (no cookie of this browser goes along)."""
        return self.app.test_client().post("/back-channel-logout", data={"logout_token": token})


def environment(provider: FakeProvider, folder: object, slug: str) -> dict[str, str]:
    return {
        "DEPARTMENT_ISSUER": provider.issuer,
        "DEPARTMENT_URL": f"http://{slug}.localhost",
        "DEPARTMENT_VAR": str(folder),
    }


def visit(provider: FakeProvider, folder: object, slug: str, **settings: str) -> Visit:
    department = read(slug, {**environment(provider, folder, slug), **settings})
    return Visit(department, create_app(department, provider.clock), provider, provider.clock)
