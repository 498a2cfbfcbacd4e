"""Attacks on the page that asks a citizen what a service may have."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.seen import SCRIPT, followed
from tests.auth_flows.browser import Browser
from tests.auth_flows.forms import forms_of
from tests.auth_flows.probe import Probe
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Client, Consent
from tests.auth_flows.team import Team
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer, Pairs

MOST_PAGES = 15
BACKWARDS = "\u202e"
LEAST_TOKEN = 16
OPENID = {"scope": "openid"}


def _consent(probe: Probe) -> Consent:
    if probe.target.consent is None:
        raise NotTried("the target file does not say when citizens are asked ([consent])")
    return probe.target.consent


def _client(probe: Probe, client_id: str) -> Client:
    for client in probe.target.clients:
        if client.id == client_id:
            return client
    raise NotTried(f"the target file names no client {client_id!r} for consent")


class Asking:
    """A citizen on the way to the page that asks what one client may have."""

    def __init__(
        self,
        probe: Probe,
        person: Person,
        client_id: str = "",
        *,
        browser: Browser | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        self.consent = _consent(probe)
        self.client = _client(probe, client_id or self.consent.client)
        parameters = {**self.consent.parameters, **(changes or {})}
        asked = probe.ask(self.client, **parameters)
        self.visit = Visit(probe, person, browser=browser, asked=asked)
        self.probe = probe
        self.asked = self._reach()

    def _reach(self) -> bool:
        visit = self.visit
        for _ in range(MOST_PAGES):
            if self.consent.page in urlsplit(visit.answer.url).path:
                return visit.outcome.kind == "page"
            if visit.outcome.kind != "page":
                return False
            if visit.form is None:
                visit.open(visit.answer.url)
            else:
                visit.give(more=self.probe.target.identity)
        return False

    def must_ask(self) -> "Asking":
        """The page was reached. Raises Broken if it was not."""
        if not self.asked:
            raise Broken(f"nobody is asked what a client may have: {self.visit.answer.told()}")
        return self

    def answer(self, button: str, more: Pairs | None = None) -> Answer:
        """Press a button of the page, with more fields."""
        form = next(f for f in forms_of(self.visit.answer.body) if self._has(f.buttons, button))
        name = next(name for name, value in form.buttons if button in (name, value))
        return self.visit.send([*form.values.items(), (name, button), *(more or [])]).answer

    @staticmethod
    def _has(buttons: list[tuple[str, str]], button: str) -> bool:
        return any(button in pair for pair in buttons)


@attack(
    "CONSENT-01", fix="Bind the answer to the browser by a token, and to the request by its page."
)
def forged_answer(probe: Probe) -> None:
    good = Asking(probe, probe.ground.burn()).must_ask()
    good.answer(good.consent.agree)
    probe.works(good.visit.arrived, good.visit.answer, "agreeing")
    asking = Asking(probe, probe.ground.burn()).must_ask()
    page, form = asking.visit.answer, asking.visit.form
    assert form is not None
    button = next(pair for pair in form.buttons if asking.consent.agree in pair)
    tokens = [name for name, value in form.values.items() if len(value) >= LEAST_TOKEN]
    for name in tokens or [""]:
        for value in ("", "forged", None):
            fields = {key: kept for key, kept in form.values.items() if key != name}
            fields |= {} if value is None else {name: value}
            asking.visit.send([*fields.items(), button])
            probe.expect(
                not asking.visit.arrived and asking.visit.outcome.kind != "elsewhere",
                asking.visit.answer,
                tried=f"agreeing with {name}={value}",
                wanted="no code",
            )
            asking.visit.open(page.url)
    stranger = probe.browser().post(page.url, [*form.values.items(), button])
    probe.expect(
        "code" not in probe.outcome(stranger, asking.client).values,
        stranger,
        tried="agreeing from another browser",
        wanted="no code",
    )


@attack(
    "CONSENT-02", fix="Take what is granted from the request that was shown, not from the form."
)
def more_in_the_form(probe: Probe) -> None:
    consent, metadata = _consent(probe), probe.ground.metadata
    good = Asking(probe, probe.ground.burn(), changes=OPENID).must_ask()
    good.answer(consent.agree)
    probe.works(good.visit.arrived, good.visit.answer, "agreeing")
    may = set(good.client.scope.split()) - {"openid"}
    more = _claims_of(consent.more) or _claims_of(consent.parameters)
    every = {str(each) for each in metadata.get("scopes_supported", [])}
    told = {str(each) for each in metadata.get("claims_supported", [])}
    _added(probe, may, more, "that the client may ask for")
    _added(probe, every, told, "of every kind")


def _claims_of(parameters: Mapping[str, str]) -> set[str]:
    return set(json.loads(parameters.get("claims", "{}")).get("userinfo", {}))


def _added(probe: Probe, scopes: set[str], claims: set[str], words: str) -> None:
    """Agree with these added to the form; a refusal is as good as not heeding them."""
    consent, person = _consent(probe), probe.ground.burn()
    asking = Asking(probe, person, changes=OPENID).must_ask()
    fields: Pairs = [(name, " ".join(sorted(scopes))) for name in ("scope", "scopes")]
    fields += [(name, json.dumps(sorted(claims))) for name in ("claims", "claim")]
    fields += [(name, each) for name in ("scope", "scopes", "scope[]") for each in sorted(scopes)]
    fields += [(name, each) for name in ("claims", "claim", "claims[]") for each in sorted(claims)]
    answer = asking.answer(consent.agree, fields)
    granted: set[str] = set()
    if code := asking.visit.outcome.values.get("code", ""):
        answer = probe.token(probe.fields_for(asking.visit.asked, code), asking.client)
        granted = set(str(answer.json.get("scope", "openid")).split()) - {"openid"}
        heard = probe.userinfo(str(answer.json.get("access_token", "")))
        others = set(heard.json) - _claims_of(consent.parameters) - {"sub", "iss", "aud"}
        probe.expect(
            heard.status == 200 and not others,
            heard,
            tried=f"claims and scopes {words}, added to the form",
            wanted=f"what was asked for, and not {', '.join(sorted(others)) or 'more'}",
        )
    probe.expect(
        not granted,
        answer,
        tried=f"scopes {words}, added to the form",
        wanted=f"openid alone is granted, and not {' '.join(sorted(granted)) or 'more'}",
    )
    if consent.more:
        later = Asking(probe, person, changes={**consent.more, **OPENID})
        probe.expect(
            later.asked and not later.visit.arrived,
            later.visit.answer,
            tried=f"a request for more, after claims {words} were added to the form",
            wanted="they are asked: what the form added was not kept",
        )


@attack("CONSENT-03", fix="Remember consent for each client, and for exactly what was shown.",
        left_out="asking again after consent was withdrawn")  # fmt: skip
def consent_reused(probe: Probe) -> None:
    consent, person = _consent(probe), probe.ground.burn()
    first = Asking(probe, person).must_ask()
    first.answer(consent.agree)
    probe.works(first.visit.arrived, first.visit.answer, "agreeing")
    browser = first.visit.browser
    again = Asking(probe, person, browser=browser)
    probe.works(
        again.visit.arrived or again.asked, again.visit.answer, "coming back to the same client"
    )
    for words, client_id, changes in (
        ("another client", consent.other_client, {}),
        ("more than before", consent.client, dict(consent.more)),
    ):
        if not client_id or (client_id == consent.client and not changes):
            continue
        asking = Asking(probe, person, client_id, browser=browser, changes=changes)
        probe.expect(
            asking.asked and not asking.visit.arrived,
            asking.visit.answer,
            tried=f"{words} asks, after they agreed once",
            wanted="they are asked again",
        )


@attack("CONSENT-04", fix="Escape and isolate names of clients; show the host that gets it.",
        left_out="pictures, which are not shown")  # fmt: skip
def deceiving_names(probe: Probe) -> None:
    asking = Asking(probe, probe.ground.burn()).must_ask()
    host = urlsplit(asking.client.redirect_uri).netloc
    answer = asking.visit.answer
    probe.works(asking.asked, answer, "the page that asks")
    probe.expect(host in answer.body, answer, tried="the page that asks", wanted=f"it shows {host}")
    if "registration_endpoint" not in probe.ground.metadata:
        return
    team = Team(probe)
    team.registers()
    for words, name in (
        ("markup", f"{SCRIPT} {team.good['client_name']}"),
        ("letters that turn the line round", f"Tax {BACKWARDS}{team.good['client_name']}"),
        ("a line end", f"Tax\n{team.good['client_name']}"),
        ("letters nobody sees", f"Ta\u200bx {team.good['client_name']}"),
    ):
        made = team.send(team.good | {"client_name": name, "service": name})
        page = made
        if client_id := str(made.json.get("client_id", "")):
            client = Client(client_id, "client_secret_post", team.good["redirect_uris"][0], "x")
            browser = probe.browser()
            begun = probe.authorize(probe.ask(client), browser=browser)
            page = followed(probe, browser, begun)
        turned = BACKWARDS in page.body and "<bdi" not in page.body
        probe.expect(
            SCRIPT not in page.body and not turned,
            page,
            tried=f"a client's name with {words}",
            wanted="refused, or escaped and kept apart from the words around it",
        )


@attack("CONSENT-05", fix="Answer a refusal by access_denied, and keep nothing.")
def refusal(probe: Probe) -> None:
    consent, person = _consent(probe), probe.ground.burn()
    asking = Asking(probe, person).must_ask()
    probe.works(asking.asked, asking.visit.answer, "the page that asks")
    answer = asking.answer(consent.refuse)
    told = asking.visit.outcome
    probe.expect(
        told.error == "access_denied" and "code" not in told.values,
        answer,
        tried="saying no",
        wanted="access_denied, and no code",
    )
    again = Asking(probe, person)
    probe.expect(
        again.asked,
        again.visit.answer,
        tried="the same request after a no",
        wanted="they are asked again: nothing was kept",
    )
