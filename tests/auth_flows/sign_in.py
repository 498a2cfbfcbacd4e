"""Walks the sign-in pages of a target by the names of their fields, as a citizen would."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from tests.auth_flows.asking import Outcome, outcome_of
from tests.auth_flows.browser import Browser
from tests.auth_flows.clocks import Clock
from tests.auth_flows.forms import Form, forms_of
from tests.auth_flows.targets import Citizen, Fields
from tests.auth_flows.verdicts import Broken
from tests.auth_flows.wire import Answer

STEP = 30
MOST_PAGES = 25
MOST_ASKED = 2
"""How often the same thing may be asked before it is clear that the answer is wrong."""
GIVING_UP = ("abort", "cancel", "deny", "decline", "refuse", "reject")
"""Names or values of buttons that never lead on: "abort" may say "yes"."""
Tamper = Callable[[dict[str, str]], dict[str, str]]


def totp(seed: str, step: int) -> str:
    """The six digits of a time step (RFC 6238, SHA-1)."""
    key = base64.b32decode(seed.upper() + "=" * (-len(seed) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@dataclass
class Person:
    """A citizen with their authenticator app; no code of theirs is used twice."""

    citizen: Citizen
    clock: Clock
    learn: Callable[[str], None] = field(default=lambda _code: None)
    """Hears every code that is given away, so that no report shows it."""
    _last: int = field(default=0)

    def code(self) -> str:
        """A code that counts now. One step ahead is used before waiting for the next."""
        step = max(self.step(), self._last + 1)
        self.clock.wait((step - 1) * STEP - self.clock.now())
        self._last = step
        code = self.code_of(step)
        self.learn(code)
        return code

    def change(self, *, password: str = "", totp_seed: str = "") -> None:
        """Note what has changed of the citizen; a new app has shown no code yet."""
        old = self.citizen
        self.citizen = replace(
            old, password=password or old.password, totp_seed=totp_seed or old.totp_seed
        )
        if totp_seed:
            self._last = 0

    @property
    def last_step(self) -> int:
        """The time step of the last code that was used; it grows with every one."""
        return self._last

    def step(self) -> int:
        """The time step of now."""
        return int(self.clock.now()) // STEP

    def code_of(self, step: int) -> str:
        """The code of any time step; it is not noted as used."""
        if not self.citizen.totp_seed:
            raise Broken(f"a code is asked for, and {self.citizen.email} has no totp_seed")
        return totp(self.citizen.totp_seed, step)

    def wrong_code(self) -> str:
        """Six digits that are no code of this hour."""
        now = self.step()
        right = {self.code_of(step) for step in range(now - 60, now + 60)}
        return next(f"{n:06d}" for n in range(111_111, 999_999) if f"{n:06d}" not in right)


@dataclass(frozen=True)
class Walk:
    """How a walk ended: what the client was told, and every answer on the way."""

    outcome: Outcome
    answers: list[Answer]


def walk(
    browser: Browser,
    url: str,
    person: Person,
    *,
    issuer: str,
    redirect_uri: str,
    fields: Fields,
    tamper: Tamper = lambda values: values,
) -> Walk:
    """Open `url` and answer every page until the client is reached. Raises Broken if it is not.

    `tamper` may change what is posted by each form.
    """
    answers = [browser.get(url)]
    asked: dict[str, int] = {}
    for _ in range(MOST_PAGES):
        answer = answers[-1]
        outcome = outcome_of(answer, issuer, redirect_uri)
        if outcome.kind == "goes on":
            answers.append(browser.get(urljoin(answer.url, answer.location).partition("#")[0]))
        elif outcome.kind != "page":
            return Walk(outcome, answers)
        else:
            form = _form_to_fill(answer, fields)
            values = _fill(form, person, fields, asked)
            button = button_to_press(form, fields)
            answers.append(browser.submit(form, tamper(values), button))
    raise Broken(f"the sign-in pages do not end; the last is {answers[-1].url}")


def _form_to_fill(answer: Answer, fields: Fields) -> Form:
    form = form_to_fill(answer.body, fields)
    if form is None:
        raise Broken(f"no form leads on from {answer.url}: {answer.told()}")
    return form


def form_to_fill(html: str, fields: Fields) -> Form | None:
    """The form of a page that leads on: one that asks for what is known, before all others."""
    posts = [form for form in forms_of(html) if form.method == "post"]
    known = {*fields.email, *fields.password, *fields.code}

    def worth(form: Form) -> tuple[bool, bool]:
        named = any(value in fields.press for _, value in form.buttons)
        return bool(known & set(form.asked)), named

    return max(posts, key=worth, default=None)


def _fill(form: Form, person: Person, fields: Fields, asked: dict[str, int]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in form.asked:
        if name in fields.email:
            what, value = "the email address", person.citizen.email
        elif name in fields.password:
            what, value = "the password", person.citizen.password
        elif name in fields.code:
            what, value = "a code", person.code()
        else:
            continue
        asked[what] = asked.get(what, 0) + 1
        if asked[what] > MOST_ASKED:
            raise Broken(f"{what} of {person.citizen.email} is asked for again and again")
        values[name] = value
    return values


def button_to_press(form: Form, fields: Fields) -> tuple[str, str]:
    """The button of a form that leads on."""
    leading = [button for button in form.buttons if not set(GIVING_UP) & set(button)]
    for word in fields.press:
        for button in leading:
            if word in button:
                return button
    return (leading or form.buttons or [("", "")])[0]
