"""Knocks at the token endpoint with a good code and with proofs that should not be believed."""

from collections.abc import Collection, Mapping

from tests.auth_flows.probe import Grant, Probe, got_tokens
from tests.auth_flows.targets import Client
from tests.auth_flows.wire import LONGEST_WAIT, Answer, Pairs, asked_to_wait

NOBODY = ("invalid_client", "invalid_request", "invalid_grant", "unauthorized_client")
"""What a client hears that is not believed; of `invalid_grant` the code is no cause."""
GOOD_FOR = 30
"""Seconds for which a code is surely good."""


class Knocking:
    """Tries proofs of one client; the code that comes with them is good, so only they are wrong."""

    def __init__(self, probe: Probe, client: Client) -> None:
        self._probe = probe
        self._client = client
        probe.redeeming_works(client)
        self._grant: Grant | None = None
        self._until = 0.0

    def _code(self) -> Grant:
        now = self._probe.ground.clock.now()
        if self._grant is None or now > self._until:
            self._grant, self._until = self._probe.grant(self._client), now + GOOD_FOR
        return self._grant

    def send(self, fields: Pairs, headers: Mapping[str, str] | None = None) -> Answer:
        """Redeem the code with this proof; with another code if the target made us wait."""
        wire, endpoint = self._probe.ground.wire, self._probe.endpoint("token_endpoint")
        answer = wire.form(
            endpoint, self._probe.token_fields(self._code()) + fields, headers, patient=False
        )
        if answer.status == 429:
            wire.pause(asked_to_wait(answer) or LONGEST_WAIT)
            self._grant = None
            answer = wire.form(endpoint, self._probe.token_fields(self._code()) + fields, headers)
        if got_tokens(answer):
            self._grant = None
            wire.masker.learn(*(str(answer.json.get(name, "")) for name in TOKENS))
        return answer

    def is_not_believed(
        self,
        fields: Pairs,
        headers: Mapping[str, str] | None = None,
        *,
        tried: str,
        errors: Collection[str] = NOBODY,
    ) -> Answer:
        """This proof gets nothing for a good code."""
        answer = self.send(fields, headers)
        self._probe.token_refused(answer, errors, tried)
        return answer

    def code_was_good(self) -> None:
        """The code that was sent with the last proofs is redeemed with the right one."""
        answer = self._probe.redeem(self._code())
        self._probe.works(got_tokens(answer), answer, "redeeming the code that came with them")
        self._grant = None


TOKENS = ("access_token", "id_token")
