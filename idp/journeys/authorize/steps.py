"""How a request is judged and moved on: no Flask here, so it can be read and tried by itself."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote_to_bytes

from idp.domain import id_token_hints, request_objects, test_citizens, tries
from idp.domain.audit import AuthorizationRefused
from idp.domain.client_keys import ClientKeys
from idp.domain.clients import ClientRegistry, RegisteredClient
from idp.domain.keyring import Keyring
from idp.protocol.authorization_response import Answer
from idp.protocol.authorization_response import error as error_answer
from idp.protocol.checks import check_hint, check_request, check_request_object
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.differences import Difference, Found, difference_from
from idp.protocol.errors import ProtocolError, Refused
from idp.protocol.id_token_hints import VerifiedHint
from idp.protocol.identity_proving import ACCESS_DENIED
from idp.protocol.next_step import Decision, Step
from idp.protocol.parameters import (
    AuthorizationRequest,
    from_text,
    parse_authorization,
    to_text,
)
from idp.protocol.registration_rules import email_is_acceptable
from idp.protocol.request_object import Signature
from idp.protocol.session_facts import SessionFacts

_NOT_ASCII: Final = re.compile(rb"%[89a-fA-F]|[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Judged:
    """A request that passed every check, and the client that sent it.

    `stored` is what a Journey keeps of it: the parameters that count, whoever they came from.
    `hint` names the one person who may answer it, if the service wants a certain one.
    """

    request: AuthorizationRequest
    registered: RegisteredClient
    stored: str
    hint: VerifiedHint | None

    @property
    def suggested_email(self) -> str | None:
        """The address to begin with, if the service suggests one (`login_hint`)."""
        counts = self.request.signed or self.registered.policy.hints_in_query
        suggested = self.request.login_hint if counts and self.hint is None else None
        return suggested if email_is_acceptable(suggested) else None


@dataclass(frozen=True, slots=True)
class SentBack:
    """A refusal that goes to the service, at its registered address."""

    answer: Answer
    error: ProtocolError


def refuse_what_is_no_text(encoded: bytes) -> None:
    """Refuse encoded parameters that are not UTF-8: they could not be sent back unchanged.

    Raises ProtocolError for our own page, since nothing has been read yet.
    """
    if _NOT_ASCII.search(encoded) is None:
        return
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(
            "invalid_request", "Invalid request", check="the_parameters_are_text"
        ) from error


@dataclass(frozen=True, slots=True)
class Judge:
    """Runs every check on the parameters of `/authorize`.

    `admits` takes one of a client's requests a minute: asked of those that arrive and can be
    answered. `is_tried` says whether this browser tries the client with a request of this `state`;
    it is asked of a request that wants to come back to our own address. Raises
    ProtocolError for a refusal that must stay on our own page: nothing in the request has earned a
    redirect (RFC 9700 section 4.11).
    """

    registry: ClientRegistry
    keys: ClientKeys
    keyring: Keyring
    issuer: str
    admits: Callable[[ClientPolicy], bool]
    is_tried: Callable[[ClientPolicy, str | None], bool]

    def arrived(
        self, parameters: Mapping[str, str], repeated: Collection[str], now: int
    ) -> Judged | SentBack:
        """Judge a request as it arrives. A request object may need its client's keys fetched."""
        request = parse_authorization(parameters, repeated)
        registered = self._client(request)
        policy = registered.policy if registered else None
        if request.request is None or request.request_uri is not None:
            counted = self._counted(request, policy)
            return self._answered(
                request, registered, parameters, lambda: check_request(request, counted)
            )
        arrived = request_objects.read(request, policy, self.keys, issuer=self.issuer, now=now)
        if arrived.signature is Signature.VALID:
            policy = self._counted(arrived.request, policy)
        return self._answered(
            arrived.request,
            registered,
            arrived.parameters,
            lambda: check_request_object(arrived, policy),
        )

    def stored(self, text: str) -> Judged | SentBack:
        """Judge again what a Journey kept; a client may have been switched off meanwhile."""
        parameters, signed = from_text(text)
        request = parse_authorization(parameters, signed=signed)
        registered = self._client(request)
        policy = registered.policy if registered else None
        return self._answered(
            request, registered, parameters, lambda: check_request(request, policy)
        )

    def refusal(self, request: AuthorizationRequest, error: str, description: str) -> Answer:
        """Return the answer with the error, the service's `state` and our `iss` (RFC 9207)."""
        return error_answer(
            str(request.redirect_uri),
            error,
            description,
            request.state,
            self.issuer,
            request.response_mode,
        )

    def _counted(
        self, request: AuthorizationRequest, policy: ClientPolicy | None
    ) -> ClientPolicy | None:
        """Return the policy as it is once this request was counted.

        A client that signs its requests is not counted for those that anybody can write.
        """
        if policy is None or request.redirect_uri not in policy.redirect_uris:
            return policy
        if policy.request_object_required and not request.signed:
            return policy
        return policy if self.admits(policy) else replace(policy, over_rate=True)

    def _client(self, request: AuthorizationRequest) -> RegisteredClient | None:
        registered = self.registry.find(request.client_id) if request.client_id else None
        ours = tries.redirect_uri(self.issuer)
        if registered is None or request.redirect_uri != ours:
            return registered
        if not self.is_tried(registered.policy, request.state):
            return registered
        addresses = registered.policy.redirect_uris | {ours}
        return replace(registered, policy=replace(registered.policy, redirect_uris=addresses))

    def _answered(
        self,
        request: AuthorizationRequest,
        registered: RegisteredClient | None,
        parameters: Mapping[str, str],
        check: Callable[[], None],
    ) -> Judged | SentBack:
        try:
            check()
            hint = self._hint(request, registered)
        except Refused as refused:
            refused.judged = request
            refused.client = registered.policy if registered else None
            if not refused.redirect:
                raise
            told = self.refusal(refused.request or request, refused.error, refused.description)
            return SentBack(told, refused)
        if registered is None:
            raise ProtocolError("invalid_request", "Invalid request", check="the_client_is_known")
        return Judged(request, registered, to_text(parameters, signed=request.signed), hint)

    def _hint(
        self, request: AuthorizationRequest, registered: RegisteredClient | None
    ) -> VerifiedHint | None:
        """Read the hint where it counts: in what the client signed, or wherever it may send one.

        A client that may name the one subject to be told (in `claims`) hints as well.
        """
        if registered is None or not (request.signed or registered.policy.hints_in_query):
            return None
        policy = registered.policy
        hint = id_token_hints.read(self.keyring, request.id_token_hint)
        if hint is not None:
            return check_hint(hint, policy)
        if request.subject_wanted is None or not policy.claims_by_name:
            return None
        return VerifiedHint(policy.client_id, request.subject_wanted)


def refusal_to_record(refused: ProtocolError) -> AuthorizationRefused | None:
    """Return the fact that a known client's request was refused; None for anybody else's."""
    if not isinstance(refused, Refused) or refused.client is None:
        return None
    found = Found(Difference.NOT_REGISTERED)
    address = refused.judged.redirect_uri if refused.judged else None
    unknown = address is not None and address not in refused.client.redirect_uris
    if unknown and address is not None:
        found = difference_from(refused.client.redirect_uris, address)
    return AuthorizationRefused(
        client_id=refused.client.client_id,
        reason=refused.check or refused.error,
        difference=found.difference if unknown else "",
        nearest=found.nearest,
    )


def same_person(facts: SessionFacts, account_id: str | None) -> bool:
    """Return whether a Journey that `account_id` gave a password in is this person's."""
    return account_id in {None, facts.account_id}


def unless_elsewhere(decision: Decision, judged: Judged, facts: SessionFacts | None) -> Decision:
    """Return the decision, but let a test citizen of one service open no client of another."""
    if decision.step is not Step.ISSUE or facts is None:
        return decision
    if not test_citizens.is_elsewhere(facts.email, judged.registered.service_id):
        return decision
    return Decision(Step.REFUSE, decision.level, *ACCESS_DENIED)
