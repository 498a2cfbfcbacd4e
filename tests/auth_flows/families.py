"""Refresh tokens: how a client of ours gets one, what it gets for it, and who else may try.

Which clients get them no file needs to say: it shows in the answers of the token endpoint.
"""

from collections.abc import Iterator, Mapping, Sequence

from tests.auth_flows.browser import Browser
from tests.auth_flows.probe import TOKENS, Probe, got_tokens
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer, Pairs

OFFLINE = "offline_access"


class Family:
    """What one grant gave a client of ours: refresh tokens and access tokens, the oldest first."""

    def __init__(
        self, probe: Probe, client: Client, answer: Answer, scope: str, code: Pairs
    ) -> None:
        self.probe = probe
        self.client = client
        self.code = code
        """The fields that have redeemed its code."""
        self.scope = str(answer.json.get("scope") or scope)
        self.id_token = str(answer.json.get("id_token", ""))
        self.refresh_tokens: list[str] = []
        self.access_tokens: list[str] = []
        self.keep(answer)

    def keep(self, answer: Answer) -> None:
        """Note the tokens of an answer; where no new refresh token comes, the old one stays."""
        for name, kept in (("refresh_token", self.refresh_tokens),
                           ("access_token", self.access_tokens)):  # fmt: skip
            if name in answer.json:
                kept.append(str(answer.json[name]))

    def fields(self, token: str = "", more: Sequence[tuple[str, str]] = ()) -> Pairs:
        """The fields that refresh with its newest token, or another, without a proof."""
        wanted = token or self.refresh_tokens[-1]
        return [("grant_type", "refresh_token"), ("refresh_token", wanted), *more]

    def send(
        self,
        token: str = "",
        *,
        client: Client | None = None,
        more: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """Refresh as its client, or as another of ours."""
        return self.probe.token(self.fields(token, more), client or self.client)

    def send_with(self, proof: Pairs, headers: Mapping[str, str] | None = None) -> Answer:
        """Refresh with this as the only proof."""
        endpoint = self.probe.endpoint("token_endpoint")
        answer = self.probe.ground.wire.form(endpoint, self.fields() + proof, headers)
        self.probe.ground.wire.masker.learn(*(str(answer.json.get(name, "")) for name in TOKENS))
        return answer

    def refreshes(self) -> Answer:
        """New tokens come for its newest refresh token, unattacked."""
        answer = self.send()
        self.probe.works(got_tokens(answer), answer, f"refreshing as {self.client.id}")
        self.keep(answer)
        return answer

    def lives(self) -> bool:
        """Whether its newest refresh token still gets something; what it gets is kept."""
        answer = self.send()
        self.keep(answer)
        return got_tokens(answer)


def begin(
    probe: Probe,
    client: Client,
    *,
    scope: str = "",
    offline: bool = True,
    browser: Browser | None = None,
    person: Person | None = None,
) -> Family | None:
    """A family of this client, if it gets one; not `offline`: one for the time of the session."""
    plain = " ".join(word for word in (scope or client.scope).split() if word != OFFLINE)
    for changes in _requests(probe, plain) if offline else [{"scope": plain}]:
        asked = probe.ask(client, **changes)
        done = probe.go_through(browser or probe.ground.signed_in(), asked, person)
        code = done.outcome.values.get("code")
        if not code:
            continue
        fields = probe.fields_for(asked, code)
        answer = probe.token(fields, client)
        if "refresh_token" in answer.json:
            probe.works(True, answer, f"getting a refresh token as {client.id}")
            return Family(probe, client, answer, changes["scope"], fields)
    return None


def _requests(probe: Probe, plain: str) -> Iterator[dict[str, str]]:
    """What may bring a refresh token, the standard's way first (OIDC Core section 11)."""
    if OFFLINE in probe.ground.metadata.get("scopes_supported", [OFFLINE]):
        yield {"scope": f"{plain} {OFFLINE}", "prompt": "consent"}
        yield {"scope": f"{plain} {OFFLINE}"}
    yield {"scope": plain}


def family(
    probe: Probe,
    *,
    scope: str = "",
    offline: bool = True,
    browser: Browser | None = None,
    person: Person | None = None,
    but: Client | None = None,
) -> Family:
    """A family of the first client that gets one, `but` this. Raises NotTried if none does."""
    for client in probe.plain_clients():
        if client is but:
            continue
        found = begin(probe, client, scope=scope, offline=offline, browser=browser, person=person)
        if found:
            return found
    which = "other client" if but else "client"
    how = "" if offline else f" without {OFFLINE}"
    raise NotTried(f"no {which} of the target file gets a refresh token{how}")
