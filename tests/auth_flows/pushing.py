"""Requests that a client pushes beforehand, and the references that stand for them (RFC 9126)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.auth_flows.asking import Asked
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.targets import Client
from tests.auth_flows.wire import Answer, Pairs

ENDPOINT = "pushed_authorization_request_endpoint"


@dataclass(frozen=True)
class Pushed:
    """A request that was pushed, and what it was answered."""

    asked: Asked
    answer: Answer

    @property
    def reference(self) -> str:
        """What stands for the request."""
        return reference_of(self.answer)

    @property
    def life(self) -> int:
        """Seconds for which the provider says that it stands for it; 0 if it says none."""
        told = self.answer.json.get("expires_in")
        return told if isinstance(told, int) else 0

    def brought(self, client: Client | None = None, /, **beside: str) -> Asked:
        """The reference as a browser brings it, for this client or another, with more beside it."""
        client = client or self.asked.client
        pairs = [("client_id", client.id), ("request_uri", self.reference), *beside.items()]
        return replace(self.asked, client=client, pairs=pairs)


def reference_of(answer: Answer) -> str:
    """The reference that an answer gives, or nothing."""
    return str(answer.json.get("request_uri") or "")


def push(
    probe: Probe, fields: Pairs, proof: Pairs, headers: Mapping[str, str] | None = None
) -> Answer:
    """Push a request with this proof; what is in both is sent once."""
    named = {name for name, _ in proof}
    sent = [pair for pair in fields if pair[0] not in named] + proof
    answer = probe.ground.wire.form(probe.endpoint(ENDPOINT), sent, headers)
    probe.ground.wire.masker.learn(reference_of(answer).rpartition(":")[2])
    return answer


def pushed(probe: Probe, client: Client | None = None, /, **changes: str | None) -> Pushed:
    """A good request, pushed by its client. Raises Broken if it is not taken."""
    asked = probe.ask(client, **changes)
    proof, proving = probe.proof(asked.client)
    answer = push(probe, asked.pairs, proof, proving)
    probe.works(bool(reference_of(answer)), answer, f"pushing a request of {asked.client.id}")
    return Pushed(asked, answer)


def pushing_works(probe: Probe, client: Client | None = None) -> Pushed:
    """A pushed request is redeemed for tokens in the first citizen's browser, unattacked."""
    one = pushed(probe, client)
    done = probe.go_through(probe.ground.signed_in(), one.brought())
    code = done.outcome.values.get("code", "")
    probe.works(bool(code), done.answers[-1], "a pushed request")
    answer = probe.token(probe.fields_for(one.asked, code), one.asked.client)
    probe.works(got_tokens(answer), answer, "redeeming its code")
    return one
