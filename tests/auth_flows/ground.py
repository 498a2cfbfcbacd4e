"""What all attacks of a run share: the target, what it publishes, and who is signed in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.auth_flows.browser import Browser
from tests.auth_flows.clocks import Clock, FileClock, RealClock
from tests.auth_flows.sign_in import Person
from tests.auth_flows.targets import Target, TargetUnusable
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Wire

DISCOVERY = ".well-known/openid-configuration"


class Ground:
    """What all attacks of a run share: the target, what it publishes, who is signed in."""

    def __init__(self, target: Target, wire: Wire) -> None:
        self.target = target
        self.wire = wire
        wire.keep_to(target.named_hosts)
        wire.masker.hide(*target.fields.password, *target.fields.code)
        for client in (*target.clients, *target.special_clients):
            wire.masker.learn(client.secret)
        for citizen in target.citizens:
            wire.masker.learn(citizen.password, citizen.totp_seed)
        wire.masker.learn(*target.registration_tokens)
        self.registration_tokens = list(target.registration_tokens)
        file = target.clock_file
        self.clock: Clock = FileClock(Path(file)) if file else RealClock()
        wire.pause = self.clock.wait
        learn = wire.masker.learn
        everybody = [Person(citizen, self.clock, learn) for citizen in target.citizens]
        self.persons = [person for person in everybody if not person.citizen.expendable]
        self._expendable = [person for person in everybody if person.citizen.expendable]
        self._turn = 0
        self._signed_in: Browser | None = None
        self._secure: Ground | None = None
        self.old_id_tokens: dict[str, str] = {}
        """The first ID token of this run for each client, to see what becomes of old ones."""
        if target.tls and target.tls.ca_file:
            wire.trust(target.tls.ca_file)
        self.metadata = self._discover()

    def _discover(self) -> dict[str, Any]:
        url = self.target.issuer.rstrip("/") + "/" + DISCOVERY
        try:
            answer = self.wire.send("GET", url)
        except Broken as error:
            raise TargetUnusable(str(error)) from error
        found = answer.json
        if answer.status != 200 or found.get("issuer") != self.target.issuer:
            raise TargetUnusable(
                f"{url} does not describe the issuer {self.target.issuer!r}: {answer.told()}"
            )
        return found

    def secure(self) -> "Ground":
        """The same provider and people where it speaks https. Raises NotTried or Broken."""
        tls = self.target.tls
        if self.target.issuer.startswith("https:"):
            return self
        if tls is None:
            raise NotTried("the target is reached by http alone: its file names no [tls]")
        if self._secure is None:
            try:
                found = Ground(replace(self.target, issuer=tls.issuer, tls=None), self.wire)
            except TargetUnusable as error:
                raise Broken(str(error)) from error
            # The same people: a code that was used here is used there.
            found.persons, found._expendable = self.persons, self._expendable
            self._secure = found
        return self._secure

    def offers(self, feature: str) -> bool:
        """Whether the provider has a feature: neither file nor metadata say that it has not."""
        if feature in self.target.not_offered:
            return False
        if feature == "hybrid_flow":
            said = self.metadata.get("response_types_supported") or []
            return any({"code"} < set(str(kind).split()) for kind in said)
        ways = MUTUAL_TLS if feature == "mutual_tls" else [FEATURES.get(feature, ("", ""))]
        return any(self._says(published, value) for published, value in ways)

    def _says(self, published: str, value: str) -> bool:
        if not published:
            return True
        said = self.metadata.get(published)
        return value in (said or []) if value else bool(said)

    def next_person(self) -> Person:
        """A citizen to sign in anew: not the first, unless there is no other.

        They take turns, so that codes need not be waited for.
        """
        if not self.persons:
            raise NotTried("the target file names no citizen")
        others = self.persons[1:] or self.persons
        self._turn += 1
        return others[self._turn % len(others)]

    def burn(self) -> Person:
        """A citizen whom this attack alone gets, to lock, change or delete."""
        if not self._expendable:
            raise NotTried("the target file names no more expendable citizen")
        return self._expendable.pop()

    def registration_token(self) -> str:
        """A token to register clients with, which no other attack gets."""
        if not self.registration_tokens:
            raise NotTried("the target file names no more registration_tokens")
        return self.registration_tokens.pop()

    def signed_in(self) -> Browser:
        """The browser in which the first citizen is, or will be, signed in."""
        if self._signed_in is None:
            self._signed_in = Browser(self.wire)
        return self._signed_in


FEATURES = {
    "refresh_tokens": ("grant_types_supported", "refresh_token"),
    "device_flow": ("device_authorization_endpoint", ""),
    "par": ("pushed_authorization_request_endpoint", ""),
    "dpop": ("dpop_signing_alg_values_supported", ""),
    "claims_parameter": ("claims_parameter_supported", ""),
    "registration": ("registration_endpoint", ""),
    "sector_documents": ("registration_endpoint", ""),
    "introspection": ("introspection_endpoint", ""),
    "revocation": ("revocation_endpoint", ""),
    "session_iframe": ("check_session_iframe", ""),
    "front_channel_logout": ("frontchannel_logout_supported", ""),
    "back_channel_logout": ("backchannel_logout_supported", ""),
}
"""How a provider says that it has a feature: a member of its metadata, and what must be in it."""
MUTUAL_TLS = (
    ("token_endpoint_auth_methods_supported", "tls_client_auth"),
    ("token_endpoint_auth_methods_supported", "self_signed_tls_client_auth"),
    ("mtls_endpoint_aliases", ""),
    ("tls_client_certificate_bound_access_tokens", ""),
)
"""The ways to say that it looks at certificates of clients."""
