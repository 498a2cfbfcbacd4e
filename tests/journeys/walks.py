"""Walks that several stories begin with: from a service's link to some page."""

import html
import re

import pyotp

from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person, Walker
from tests.support.relying_party import RelyingParty, Request

NEW_EMAIL = "alice@example.com"
NEW_PASSWORD = "copper lantern wednesday"
CREATE, SIGN_IN = 0, 1


def arrive(person: Person, service: RelyingParty, **changes: str | None) -> Request:
    """Follow the service's link to the first page."""
    request = service.ask(**changes)
    person.open(service.url(request))
    return request


def come_to_password(person: Person, service: RelyingParty, email: str) -> Request:
    """Choose to sign in and give the address."""
    request = arrive(person, service)
    person.send(button=SIGN_IN)
    person.send({"email": email})
    return request


def come_to_code(person: Person, service: RelyingParty, citizen: Citizen) -> Request:
    """Give address and password."""
    request = come_to_password(person, service, citizen.email)
    person.send({"password": citizen.password})
    return request


def sign_in(person: Person, service: RelyingParty, citizen: Citizen, clock: FixedClock) -> Request:
    """Sign in and be sent back to the service."""
    request = come_to_code(person, service, citizen)
    person.send({"code": citizen.code(clock.now())})
    assert person.left_to is not None, person.heading
    return request


def come_to_email_code(person: Person, service: RelyingParty, email: str = NEW_EMAIL) -> Request:
    """Choose to create an account and give the address."""
    request = arrive(person, service)
    person.send(button=CREATE)
    person.send({"email": email})
    return request


def come_to_new_password(
    person: Person, service: RelyingParty, post: Post, email: str = NEW_EMAIL
) -> Request:
    """Prove the address."""
    request = come_to_email_code(person, service, email)
    person.send({"code": post.code(email)})
    return request


def come_to_app(
    person: Person, service: RelyingParty, post: Post, email: str = NEW_EMAIL
) -> Request:
    """Choose a password."""
    request = come_to_new_password(person, service, post, email)
    person.send({"password": NEW_PASSWORD})
    return request


def seed_shown(person: Person) -> str:
    """The key that the page shows for typing into an app."""
    return "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", person.html))


def first_code(person: Person, clock: FixedClock) -> str:
    """What an app shows that was given the key of this page."""
    return str(pyotp.TOTP(seed_shown(person)).at(clock.now()))


def save_codes(person: Person) -> list[str]:
    """On the page of recovery codes: look at them, say that they are saved, go on."""
    assert person.heading in {"Save your recovery codes", "Cadwch eich codau adfer"}
    person.send()
    codes = codes_shown(person)
    person.send({"saved": "y"}, form=1)
    return codes


def codes_shown(person: Person) -> list[str]:
    """The recovery codes on this page."""
    return re.findall(r"<code>([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})</code>", person.html)


def options_of(person: Walker) -> str:
    """What the page's script would ask the browser for."""
    found = re.search(r'data-onepass-options="([^"]*)"', person.html)
    assert found, person.heading
    return html.unescape(found[1])
