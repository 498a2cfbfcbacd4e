"""Goes through a provider's pages one at a time, so that an attack can stop and do otherwise."""

from collections.abc import Mapping
from typing import Self
from urllib.parse import urlencode, urljoin

from tests.auth_flows.asking import Asked, Outcome
from tests.auth_flows.browser import Browser
from tests.auth_flows.forms import Form, forms_of
from tests.auth_flows.probe import Probe
from tests.auth_flows.sign_in import Person, button_to_press, form_to_fill
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Answer, Pairs

MOST_PAGES = 12


class Visit:
    """A browser on its way to a client, or to a page of the provider, as one person."""

    def __init__(
        self,
        probe: Probe,
        person: Person,
        *,
        browser: Browser | None = None,
        url: str = "",
        asked: Asked | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.probe = probe
        self.person = person
        self.browser = browser or probe.browser()
        self.headers = dict(headers or {})
        self.asked = asked or probe.ask()
        self.answer: Answer
        self.open(url or self.asked.url(probe.endpoint("authorization_endpoint")))

    # -- where it is

    @property
    def outcome(self) -> Outcome:
        """What the last answer means to the client."""
        return self.probe.outcome(self.answer, self.asked.client)

    @property
    def arrived(self) -> bool:
        """Whether the client has got a code."""
        return "code" in self.outcome.values

    @property
    def form(self) -> Form | None:
        """The form of this page that leads on."""
        return form_to_fill(self.answer.body, self.probe.target.fields)

    @property
    def forms(self) -> list[Form]:
        """Every form of this page."""
        return forms_of(self.answer.body)

    @property
    def asks(self) -> frozenset[str]:
        """What this page asks for: of `email`, `password`, `code`, and `other` things."""
        form = self.form
        if form is None or self.outcome.kind not in ("page", "refused here"):
            return frozenset()
        return frozenset(self.kind(name) for name in form.asked)

    def absolute(self, address: str) -> str:
        """An address that this page names, as a whole one."""
        return urljoin(self.answer.url, address)

    def beside(self, name: str) -> str:
        """The address of a page of the provider that is named from this page on."""
        self.probe.page(name)
        return urljoin(self.answer.url, self.probe.target.pages[name])

    @property
    def leads_on(self) -> bool:
        """Whether this page can be answered; one that found something wrong asks again."""
        kind = self.outcome.kind
        return bool(self.asks) or (kind == "page" and self.form is not None)

    @property
    def past_the_password(self) -> bool:
        """Whether the password that was given opened anything."""
        return "password" not in self.asks and ("code" in self.asks or self.go_on())

    # -- going on

    def open(self, url: str) -> Self:
        """Open an address, and follow where the provider leads."""
        self.answer = self._followed(self.browser.get(url, **self.headers))
        return self

    def give(self, *, more: Mapping[str, str] | None = None, **values: str) -> Self:
        """Fill the form of this page rightly but for `values` (by what is asked), and send it."""
        form = self._form()
        button = button_to_press(form, self.probe.target.fields)
        sent = form.values | ({button[0]: button[1]} if button[0] else {})
        sent |= self._filled(form, values) | dict(more or {})
        return self.send(list(sent.items()))

    def send(self, pairs: Pairs) -> Self:
        """Send these fields by the form of this page, and nothing else."""
        form = self._form()
        address = urljoin(self.answer.url, form.action) if form.action else self.answer.url
        self.answer = self._followed(self.browser.post(address, pairs, **self.headers))
        return self

    def press(self, *words: str) -> Self:
        """Press the first button that has one of `words` as its name or value."""
        for word in words:
            for form in forms_of(self.answer.body):
                for name, value in form.buttons:
                    if word in (name, value):
                        sent = form.values | {name: value}
                        address = urljoin(self.answer.url, form.action or self.answer.url)
                        send = self.browser.post
                        if form.method == "post":
                            answer = send(address, list(sent.items()), **self.headers)
                        else:
                            answer = self.browser.get(f"{address}?{urlencode(sent)}")
                        self.answer = self._followed(answer)
                        return self
        raise NotTried(f"no button of {self.answer.url} is named {' or '.join(words)}")

    def towards(self, what: str) -> bool:
        """Answer rightly until a page asks for `what`; whether one does."""
        for _ in range(MOST_PAGES):
            if what in self.asks:
                return True
            if not self.leads_on:
                break
            self.give()
        return False

    def until(self, what: str) -> Self:
        """Answer rightly until a page asks for `what`. Raises NotTried if none does."""
        if not self.towards(what):
            raise NotTried(f"no page asks for the {what}: {self.answer.told()}")
        return self

    def go_on(self) -> bool:
        """Press on through pages that ask for nothing; whether the client got a code."""
        for _ in range(MOST_PAGES):
            if self.outcome.kind != "page" or self.form is None or self.form.asked:
                break
            before = self.answer.url
            if self.give().answer.url == before:
                break
        return self.arrived

    def finish(self) -> Self:
        """Answer everything rightly to the end. Raises Broken if the client gets no code."""
        asked_again = 0
        for _ in range(MOST_PAGES):
            if self.arrived or not self.leads_on or asked_again > 1:
                break
            before = self.answer.url
            asked_again += self.give().answer.url == before
        if not self.arrived:
            raise Broken(f"the sign-in does not end at the client: {self.answer.told()}")
        return self

    # -- inside

    def _form(self) -> Form:
        form = self.form
        if form is None:
            raise Broken(f"no form leads on from {self.answer.url}: {self.answer.told()}")
        return form

    def asked_for(self, what: str) -> list[str]:
        """The names of the fields in which this page asks for it."""
        form = self.form
        return [name for name in form.asked if self.kind(name) == what] if form else []

    def kind(self, name: str) -> str:
        """What a field of this name asks for."""
        fields = self.probe.target.fields
        kinds = {"email": fields.email, "password": fields.password, "code": fields.code}
        return next((kind for kind, names in kinds.items() if name in names), "other")

    def _filled(self, form: Form, values: Mapping[str, str]) -> dict[str, str]:
        filled = {}
        for name in form.asked:
            kind = self.kind(name)
            if kind in values:
                filled[name] = values[kind]
            elif kind == "email":
                filled[name] = self.person.citizen.email
            elif kind == "password":
                filled[name] = self.person.citizen.password
            elif kind == "code":
                filled[name] = self.person.code()
        return filled

    def _followed(self, answer: Answer) -> Answer:
        for _ in range(MOST_PAGES):
            self.answer = answer
            if self.outcome.kind != "goes on":
                break
            answer = self.browser.get(self.probe.absolute(answer), **self.headers)
        return answer
