"""What an attack is given: the ways to ask, and the ways to say what must and must not happen."""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any
from urllib.parse import urljoin

from tests.auth_flows.asking import Asked, Outcome, ask, outcome_of
from tests.auth_flows.browser import Browser
from tests.auth_flows.ground import Ground
from tests.auth_flows.jose import PublicKey, from_jwk
from tests.auth_flows.proof import proof
from tests.auth_flows.sign_in import Person, Tamper, Walk, walk
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, Finding, NotTried
from tests.auth_flows.wire import Answer, Pairs

LEAKS = ("Traceback (most recent call last)", "sqlalchemy.", "SELECT ", "at Object.<anonymous>")


class Grant:
    """A code and the request that it answers."""

    def __init__(self, asked: Asked, code: str) -> None:
        self.asked = asked
        self.code = code


class Probe:
    """One attack's view of the ground, and its record of what it found."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.target = ground.target
        self.client = ground.target.clients[0]
        self.controls = 0
        self.tries = 0
        self.findings: list[Finding] = []
        self.worked: list[str] = []
        self.tried: list[Finding] = []
        self.left: list[str] = []

    # -- who

    def another_client(self) -> Client:
        """A second client of ours. Raises NotTried if the target names none."""
        if len(self.target.clients) < 2:
            raise NotTried("the target file names only one client")
        return self.target.clients[1]

    def another_person(self) -> Person:
        """A citizen who is not the first. Raises NotTried if the target names none."""
        if len(self.ground.persons) < 2:
            raise NotTried("the target file names only one citizen")
        return self.ground.next_person()

    def published_key(self, header: Mapping[str, Any]) -> PublicKey | None:
        """The published key that a token's header names; None if there is none."""
        keys = self.ground.wire.send("GET", self.endpoint("jwks_uri")).json.get("keys", [])
        named = [key for key in keys if key.get("kid") == header.get("kid")]
        return from_jwk(named[0]) if named else None

    def plain_clients(self) -> list[Client]:
        """Our clients but the one for which citizens are asked to consent."""
        asking = self.target.consent.client if self.target.consent else None
        return [client for client in self.target.clients if client.id != asking]

    def clients_by(self, method: str) -> list[Client]:
        """Our plain clients that prove themselves by this method."""
        return [client for client in self.plain_clients() if client.method == method]

    def client_bound_to_pkce(self) -> Client:
        """A client that must bring a challenge. Raises NotTried if there is none."""
        for client in self.target.clients:
            if not (client.pkce_optional or client.special):
                return client
        raise NotTried("every client of the target file may ask without a code challenge")

    def client_without_pkce(self) -> Client:
        """A client that may ask without a challenge. Raises NotTried if there is none."""
        for client in self.target.clients:
            if client.pkce_optional:
                return client
        raise NotTried("no client of the target file may ask without a code challenge")

    def browser(self) -> Browser:
        """A new browser, in which nobody is signed in."""
        return Browser(self.ground.wire)

    def over_tls(self) -> None:
        """Go on where the provider speaks https. Raises NotTried if it does so nowhere."""
        self.ground = self.ground.secure()
        self.target = self.ground.target

    # -- saying what must hold

    def leave_out(self, part: str) -> None:
        """Note a part of the row that this target does not let us try, and why."""
        self.left.append(part)

    def works(self, holds: bool, answer: Answer, what: str) -> None:
        """Note that `what` works unattacked. Raises Broken if it does not."""
        if not holds:
            raise Broken(f"unattacked, {what} does not work: {answer.told()}")
        self.controls += 1
        self.worked.append(what)

    def expect(self, holds: bool, answer: Answer, *, tried: str, wanted: str) -> None:
        """Note a try, and a finding unless what is wanted holds and nothing inside is shown."""
        self.tries += 1
        leak = next((leak for leak in LEAKS if leak in answer.body), None)
        received = f"a page that shows {leak!r}" if leak else answer.told()
        self.tried.append(Finding(tried, wanted, received, answer.number))
        if not holds or leak is not None or answer.failed:
            self.findings.append(self.tried[-1])

    # -- what the target file tells

    def wait(self, seconds: float) -> None:
        """Let time pass at the target. Raises NotTried if that takes longer than it allows."""
        self.may_wait(seconds)
        self.ground.clock.wait(seconds)

    def may_wait(self, seconds: float) -> None:
        """Raises NotTried if so many seconds take longer than the target file allows."""
        if not self.ground.clock.can_jump and seconds > self.target.care.longest_wait:
            raise NotTried(f"it waits for {seconds:.0f} seconds, longer than the file allows")

    def at_once(self, count: int, send: Callable[[], Answer]) -> list[Answer]:
        """Send the same `count` times at the same moment; the answers."""
        gate = Barrier(count)

        def one(_: int) -> Answer:
            gate.wait()
            return send()

        self.ground.wire.pace.let_at_once(count)
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(one, range(count)))

    def page(self, name: str) -> str:
        """The address of one of the provider's pages. Raises NotTried if the file has none."""
        if name not in self.target.pages:
            raise NotTried(f"the target file names no address in pages for {name}")
        return urljoin(self.target.issuer, self.target.pages[name])

    # -- the authorization endpoint

    def endpoint(self, name: str) -> str:
        """An endpoint that the provider publishes. Raises NotTried if it publishes none."""
        found = self.ground.metadata.get(name)
        if not isinstance(found, str):
            raise NotTried(f"the provider publishes no {name}")
        return found

    def ask(self, client: Client | None = None, /, **changes: str | None) -> Asked:
        """A good request of our client; a change to None leaves a parameter out."""
        return ask(client or self.client, **changes)

    def authorize(self, asked: Asked, *, more: str = "", browser: Browser | None = None) -> Answer:
        """Bring a request by GET, with `more` at the end of its query; follow nothing."""
        url = asked.url(self.endpoint("authorization_endpoint")) + more
        return (browser or self.browser()).get(url)

    def outcome(self, answer: Answer, client: Client | None = None) -> Outcome:
        """What an answer of the authorization endpoint means."""
        return outcome_of(answer, self.target.issuer, (client or self.client).redirect_uri)

    def absolute(self, answer: Answer) -> str:
        """Where an answer leads, as a whole address."""
        return urljoin(answer.url, answer.location).partition("#")[0]

    def plain_request_works(self, client: Client | None = None) -> None:
        """A good request of somebody who is not signed in leads to the provider's pages."""
        answer = self.authorize(self.ask(client))
        kind = self.outcome(answer, client).kind
        self.works(kind in ("page", "goes on"), answer, "an authorization request")

    def refused_here(self, answer: Answer, tried: str) -> None:
        """The request was refused on the provider's own page, and nothing was redirected."""
        self.expect(
            self.outcome(answer).kind == "refused here",
            answer,
            tried=tried,
            wanted="an error on the provider's own page, and no redirect",
        )

    def refused(
        self, answer: Answer, errors: Collection[str], tried: str, asked: Asked | None = None
    ) -> None:
        """The request was refused, here or at the client, there with one of `errors`."""
        outcome = self.outcome(answer, asked.client if asked else None)
        told = outcome.kind == "sent back" and outcome.error in errors
        if told and asked is not None:
            told = outcome.values.get("state", "") == asked.state
        clean = "code" not in outcome.values and not any(t in outcome.values for t in TOKENS)
        self.expect(
            clean and (told or outcome.kind == "refused here"),
            answer,
            tried=tried,
            wanted=f"a refusal ({' or '.join(sorted(errors))}), with neither code nor token",
        )

    # -- signing in

    def go_through(
        self,
        browser: Browser,
        asked: Asked,
        person: Person | None = None,
        tamper: Tamper | None = None,
    ) -> Walk:
        """Bring a request and answer every page that comes. Raises Broken if that fails."""
        if not self.ground.persons:
            raise NotTried("the target file names no citizen")
        return walk(
            browser,
            asked.url(self.endpoint("authorization_endpoint")),
            person or self.ground.persons[0],
            issuer=self.target.issuer,
            redirect_uri=asked.client.redirect_uri,
            fields=self.target.fields,
            tamper=tamper or (lambda values: values),
        )

    def grant(self, client: Client | None = None, /, **changes: str | None) -> Grant:
        """A code for the first citizen. Raises Broken if none comes."""
        asked = self.ask(client, **changes)
        done = self.go_through(self.ground.signed_in(), asked)
        code = done.outcome.values.get("code")
        if not code:
            raise Broken(f"no code came for a good request: {done.answers[-1].told()}")
        self.ground.wire.masker.learn(code)
        return Grant(asked, code)

    # -- the token endpoint

    def token_fields(self, grant: Grant, /, **changes: str | None) -> Pairs:
        """The fields that redeem a code, without the client's proof."""
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": grant.code,
            "redirect_uri": grant.asked.client.redirect_uri,
            "code_verifier": grant.asked.verifier,
        }
        fields |= changes
        return [(name, value) for name, value in fields.items() if value is not None]

    def proof(self, client: Client | None = None) -> tuple[Pairs, dict[str, str]]:
        """Fields and headers by which a client of ours proves itself."""
        now = int(self.ground.clock.now())
        return proof(client or self.client, self.endpoint("token_endpoint"), now)

    def proof_by(self, client: Client, secret: str) -> tuple[Pairs, dict[str, str]]:
        """The same with another secret."""
        return proof(replace(client, secret=secret), self.endpoint("token_endpoint"), 0)

    def fields_for(self, asked: Asked, code: str) -> Pairs:
        """The fields that redeem a code which was got by hand."""
        self.ground.wire.masker.learn(code)
        return self.token_fields(Grant(asked, code))

    def burned(self, grant: Grant) -> None:
        """The code of a refused try is used up: also the right request gets nothing for it."""
        before = self.tried[-1].tried if self.tried else "that"
        tried = f"the right request after {before}"
        self.token_refused(self.redeem(grant), ("invalid_grant",), tried)

    def token_endpoint(self, client: Client) -> str:
        """Where a client asks for tokens: with a certificate, where it is looked at."""
        aliases = self.ground.metadata.get("mtls_endpoint_aliases")
        if client.certificate_file and isinstance(aliases, dict) and "token_endpoint" in aliases:
            return str(aliases["token_endpoint"])
        return self.endpoint("token_endpoint")

    def token(self, fields: Pairs, client: Client | None = None) -> Answer:
        """Post a token request of a client of ours."""
        fields_of_proof, headers = self.proof(client)
        asking = client or self.client
        answer = self.ground.wire.form(
            self.token_endpoint(asking),
            fields + fields_of_proof,
            headers,
            certificate=asking.certificate_file,
        )
        if given := answer.json.get("id_token"):
            self.ground.old_id_tokens.setdefault((client or self.client).id, str(given))
        self.ground.wire.masker.learn(*(str(answer.json.get(name, "")) for name in TOKENS))
        return answer

    def redeem(
        self, grant: Grant, client: Client | None = None, /, **changes: str | None
    ) -> Answer:
        """Redeem a code; a change to None leaves that field out."""
        return self.token(self.token_fields(grant, **changes), client or grant.asked.client)

    def redeeming_works(self, client: Client | None = None) -> Answer:
        """A fresh code is redeemed for tokens, unattacked."""
        answer = self.redeem(self.grant(client))
        self.works(got_tokens(answer), answer, "redeeming a code")
        return answer

    def token_refused(self, answer: Answer, errors: Collection[str], tried: str) -> None:
        """The token endpoint refused with one of `errors`, and gave nothing."""
        self.expect(
            answer.status in (400, 401)
            and answer.json.get("error") in errors
            and not got_tokens(answer),
            answer,
            tried=tried,
            wanted=f"400 or 401 with {' or '.join(sorted(errors))}, and no token",
        )

    def userinfo(self, token: str, more: str = "", *, header: bool = True) -> Answer:
        """Ask UserInfo, with the token in the header or not."""
        headers = {"Authorization": f"Bearer {token}"} if header else {}
        return self.ground.wire.send(
            "GET", self.endpoint("userinfo_endpoint") + more, headers=headers
        )


TOKENS = ("access_token", "id_token", "refresh_token")


def got_tokens(answer: Answer) -> bool:
    """Whether an answer gives a token."""
    return any(name in answer.json for name in TOKENS)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; empty if it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
