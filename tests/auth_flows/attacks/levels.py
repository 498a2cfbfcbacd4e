"""Attacks on how sure a client may be: factors that were not used, levels that were not reached."""

import json
from dataclasses import dataclass
from typing import Any

from tests.auth_flows.asking import Asked
from tests.auth_flows.attacks import attack
from tests.auth_flows.browser import Browser
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Answer

SECOND = frozenset({"otp", "mfa", "hwk", "swk", "sms", "tel", "sc", "fpt", "face"})
"""What `amr` calls second factors (RFC 8176)."""


@dataclass(frozen=True)
class SignIn:
    """One sign-in: what the ID token told, and whether a code was asked for."""

    claims: dict[str, Any]
    code_asked: bool
    answer: Answer

    @property
    def level(self) -> str:
        """The level that was told."""
        return str(self.claims.get("acr") or self.claims.get("vot") or "")


def levels_of(probe: Probe) -> tuple[str, str]:
    """The levels of one factor and of two. Raises NotTried if the target has none."""
    if len(probe.target.levels) != 2:
        raise NotTried("the target file names no levels")
    return probe.target.levels[0], probe.target.levels[1]


def at_level(probe: Probe, client: Client, level: str, **changes: str) -> Asked:
    """A request for a level, as this client asks."""
    wanted = {"vtr": json.dumps([level])} if client.vectors else {"acr_values": level}
    return probe.ask(client, **(wanted | changes))


def signed_in_at(probe: Probe, browser: Browser, asked: Asked, person: Person) -> SignIn:
    """Go through the pages, and see what was asked of the citizen and told to the client."""
    before = person.last_step
    done = probe.go_through(browser, asked, person)
    code = done.outcome.values.get("code")
    if not code:
        raise Broken(f"no code came for {dict(asked.pairs)}: {done.answers[-1].told()}")
    answer = probe.token(probe.fields_for(asked, code), asked.client)
    claims = claims_of(str(answer.json.get("id_token", "")))
    probe.works(bool(claims), answer, "an ID token after signing in")
    return SignIn(claims, person.last_step > before, answer)


def _clients(probe: Probe) -> list[Client]:
    """One client that asks by `acr_values`, and one by `vtr` if there is one."""
    by_vector = [client for client in probe.target.clients if client.vectors][:1]
    return [probe.client, *by_vector]


@attack("IDT-03", fix="Tell the level and the factors of this session, from what really happened.")
def factor_never_used(probe: Probe) -> None:
    low, high = levels_of(probe)
    for client in _clients(probe):
        person, browser = probe.ground.next_person(), probe.browser()
        once = signed_in_at(probe, browser, at_level(probe, client, low), person)
        _is_true(probe, client, once, low, high)
        silent = signed_in_at(probe, browser, at_level(probe, client, low), person)
        _is_true(probe, client, silent, low, high)
        twice = signed_in_at(probe, browser, at_level(probe, client, high), person)
        _is_true(probe, client, twice, low, high, code_before=once.code_asked)


def _is_true(
    probe: Probe,
    client: Client,
    seen: SignIn,
    low: str,
    high: str,
    *,
    code_before: bool = False,
) -> None:
    code = seen.code_asked or code_before
    said = f"by {'password and code' if code else 'password alone'}, told to {client.id}"
    methods = set(seen.claims.get("amr", []))
    probe.expect(
        code or not methods & SECOND,
        seen.answer,
        tried=f"amr of a sign-in {said}",
        wanted=f"no second factor, not {sorted(methods)}",
    )
    probe.expect(
        code or seen.level == low,
        seen.answer,
        tried=f"the level of a sign-in {said}",
        wanted=f"{low}, not {seen.level}",
    )
    if not client.vectors and code and methods:
        probe.expect(
            bool(methods & SECOND) and seen.level == high,
            seen.answer,
            tried=f"amr and level of a sign-in {said}",
            wanted=f"the second factor and {high}",
        )


@attack("IDT-04", fix="Ask for what is missing, or say unmet_authentication_requirements.")
def level_not_reached(probe: Probe) -> None:
    low, high = levels_of(probe)
    for client in _clients(probe):
        person, browser = probe.ground.next_person(), probe.browser()
        once = signed_in_at(probe, browser, at_level(probe, client, low), person)
        if once.code_asked:
            raise NotTried(f"a code is asked for at {low} too, so no session is below {high}")
        essential = {"id_token": {"acr": {"essential": True, "values": [high]}}}
        asks = [at_level(probe, client, high)]
        if not client.vectors:
            asks.append(probe.ask(client, claims=json.dumps(essential)))
            asks.append(probe.ask(client))
        for asked in asks:
            _not_silently(probe, browser, asked, high)
        twice = signed_in_at(probe, browser, asks[-1], person)
        probe.expect(
            twice.code_asked and twice.level == high,
            twice.answer,
            tried=f"a request for {high} with a session at {low}",
            wanted=f"a code is asked for, and {high} is told, not {twice.level}",
        )
    unknown = {"id_token": {"acr": {"essential": True, "values": ["no-such-level"]}}}
    asked = probe.ask(claims=json.dumps(unknown), prompt="none")
    answer = probe.authorize(asked, browser=probe.ground.signed_in())
    errors = ("unmet_authentication_requirements", "invalid_request", "access_denied")
    probe.refused(answer, (*errors, "login_required"), "a level nobody can reach", asked)


def _not_silently(probe: Probe, browser: Browser, asked: Asked, high: str) -> None:
    answer = probe.authorize(asked, browser=browser)
    probe.expect(
        "code" not in probe.outcome(answer, asked.client).values,
        answer,
        tried=f"{dict(asked.pairs).keys() & {'vtr', 'acr_values', 'claims'} or 'nothing said'},"
        f" for {high}, with a session below",
        wanted="no code before a code of the app was asked for",
    )
