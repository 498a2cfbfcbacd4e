"""Attacks on refresh tokens: replayed, raced, stolen, widened, revoked, outliving their cause."""

from collections.abc import Iterable

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import works_for
from tests.auth_flows.attacks.sign_out import sign_out_to_the_end
from tests.auth_flows.changes import Changing
from tests.auth_flows.families import Family, begin, family
from tests.auth_flows.probe import Probe, claims_of, got_tokens
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.visit import Visit
from tests.auth_flows.wire import Answer, Pairs

NO_GRANT = ("invalid_grant",)
NOBODY = ("invalid_client", "invalid_request", "invalid_grant", "unauthorized_client")
NOT_MORE = ("invalid_scope", "invalid_target", "invalid_request")
GRACE = 30
"""Seconds in which a provider may give the same again to a client that lost its answer."""
AT_ONCE = 8
ROUNDS = 3
MOST_SCOPES = 5
USUAL = ("email", "profile", "phone", "address")
STRANGER = "https://attacker.example/api"


def _is_dead(probe: Probe, token: str, tried: str) -> None:
    answer = probe.userinfo(token)
    probe.expect(answer.status == 401, answer, tried=tried, wanted="401: it was revoked")


def _is_good(probe: Probe, token: str) -> None:
    answer = probe.userinfo(token)
    probe.works(answer.status == 200, answer, "UserInfo with the newest access token")


@attack("TOKEN-14", fix="Give a new refresh token each time; if an old one comes, end the family.")
def replayed(probe: Probe) -> None:
    for words, uses in (("the one before the newest", 1), ("an older one", 2)):
        found = family(probe)
        for _ in range(uses):
            found.refreshes()
        probe.wait(GRACE)
        _is_good(probe, found.access_tokens[-1])
        answer = found.send(found.refresh_tokens[0])
        probe.token_refused(answer, NO_GRANT, f"a refresh token that was used: {words}")
        _is_dead(probe, found.access_tokens[-1], "the newest access token after that")
        answer = found.send()
        probe.token_refused(answer, NO_GRANT, "the newest refresh token after that")
        if probe.findings:
            return


@attack("TOKEN-15", fix="Use a refresh token up in one atomic statement.",
        left_out="whether a time of grace, if there is one, is documented")  # fmt: skip
def in_parallel(probe: Probe) -> None:
    family(probe).refreshes()
    for _ in range(ROUNDS):
        found = family(probe)
        answers = probe.at_once(AT_ONCE, found.send)
        won = [answer for answer in answers if got_tokens(answer)]
        pairs = {(a.json.get("access_token"), a.json.get("refresh_token")) for a in won}
        probe.expect(
            len(pairs) <= 1,
            (won or answers)[-1],
            tried=f"one refresh token by {AT_ONCE} requests at once",
            wanted=f"one new pair at most, not {len(pairs)}",
        )
        if len(pairs) > 1:
            return


@attack("TOKEN-16", fix="Bind a refresh token to its client, and let that client prove itself.")
def brought_by_somebody_else(probe: Probe) -> None:
    found = family(probe)
    found.refreshes()
    theirs = family(probe, but=found.client)
    theirs.refreshes()
    for words, proof in _without_proof(found.client):
        answer = found.send_with(proof)
        probe.token_refused(answer, NOBODY, f"a refresh token brought by {words}")
        found = _alive(probe, found)
    answer = found.send(client=theirs.client)
    probe.token_refused(answer, NOBODY, "a refresh token brought by another client of ours")
    if got_tokens(answer):
        return
    found = _alive(probe, found)
    proof, headers = probe.proof(theirs.client)
    answer = found.send_with([("client_id", found.client.id), *proof], headers)
    probe.token_refused(answer, NOBODY, "a refresh token with its client's name, another's proof")
    theirs = _alive(probe, theirs)
    answer = theirs.send(client=found.client)
    probe.token_refused(answer, NOBODY, "the other client's brought by the first")


def _without_proof(client: Client) -> Iterable[tuple[str, Pairs]]:
    if not client.secret and not client.key:
        return  # a public client proves nothing
    yield "nobody", []
    yield "a client that proves nothing", [("client_id", client.id)]
    yield "a client with a wrong secret", [("client_id", client.id), ("client_secret", "wrong")]
    yield "a client with an empty secret", [("client_id", client.id), ("client_secret", "")]


def _alive(probe: Probe, found: Family) -> Family:
    """This family, or a new one if the try before has ended it: so the next try counts."""
    again = found if found.lives() else begin(probe, found.client)
    if again is None:
        raise Broken(f"{found.client.id} gets no refresh token any more")
    return again


@attack("TOKEN-17", fix="Give by a refresh token what was granted, or less, and never more.")
def widened(probe: Probe) -> None:
    found = family(probe, scope="openid")
    found.refreshes()
    before = _claims(probe, found)
    granted = found.scope.split()
    offered = probe.ground.metadata.get("scopes_supported", [])
    more = dict.fromkeys([*found.client.scope.split(), *offered, *USUAL])
    for scope in [scope for scope in more if scope not in granted][:MOST_SCOPES]:
        answer = found.send(more=[("scope", f"{found.scope} {scope}")])
        told = str(answer.json.get("scope", scope)).split()
        _no_more(probe, answer, f"scope with {scope}", given=scope in told)
        found.keep(answer)
        found = _alive(probe, found)
        after = _claims(probe, found)
        probe.expect(
            after <= before,
            answer,
            tried=f"what UserInfo tells after that try for {scope}",
            wanted=f"what it told before, not {', '.join(sorted(after - before))} as well",
        )
    for name in ("resource", "audience"):
        answer = found.send(more=[(name, STRANGER)])
        given = STRANGER in _audience(probe, found.client, str(answer.json.get("access_token", "")))
        _no_more(probe, answer, f"{name}={STRANGER}", given=given)
        found.keep(answer)
        found = _alive(probe, found)


def _claims(probe: Probe, found: Family) -> set[str]:
    answer = probe.userinfo(found.access_tokens[-1])
    probe.works(answer.status == 200, answer, "UserInfo with a refreshed token")
    return set(answer.json)


def _no_more(probe: Probe, answer: Answer, tried: str, *, given: bool) -> None:
    refused = answer.status == 400 and answer.json.get("error") in NOT_MORE
    probe.expect(
        not given if got_tokens(answer) else refused,
        answer,
        tried=f"refreshing with {tried}, which was not granted",
        wanted="invalid_scope or invalid_target, or no more than was granted",
    )


def _audience(probe: Probe, client: Client, token: str) -> list[str]:
    """Whom an access token is for, as it says itself or introspection does."""
    told = claims_of(token).get("aud")
    if told is None and token and "introspection_endpoint" in probe.ground.metadata:
        proof, headers = probe.proof(client)
        url = probe.endpoint("introspection_endpoint")
        told = probe.ground.wire.form(url, [("token", token), *proof], headers).json.get("aud")
    return [told] if isinstance(told, str) else list(told or [])


@attack("REVOKE-02", fix="With a refresh token, revoke every token of its grant.",
        left_out="access tokens that resources check by themselves until they expire",
)  # fmt: skip
def revoked(probe: Probe) -> None:
    endpoint = probe.endpoint("revocation_endpoint")
    for words, hint in (("no hint", []), ("a wrong hint", [("token_type_hint", "access_token")])):
        found = family(probe)
        found.refreshes()
        _is_good(probe, found.access_tokens[-1])
        proof, headers = probe.proof(found.client)
        fields = [("token", found.refresh_tokens[-1]), *hint, *proof]
        answer = probe.ground.wire.form(endpoint, fields, headers)
        probe.expect(answer.status == 200, answer, tried=f"revoking with {words}", wanted="200")
        refreshed = found.send()
        probe.token_refused(refreshed, NO_GRANT, f"a refresh token revoked with {words}")
        for which, token in (
            ("newest", found.access_tokens[-1]),
            ("first", found.access_tokens[0]),
        ):
            _is_dead(probe, token, f"the {which} access token of its family")


@attack("TOKEN-19", fix="End refresh tokens with what they came from: password, account, session.",
        left_out="another app, consent that is withdrawn, suspended accounts; with "
        "offline_access, a sign-out: such a token is meant to outlast it",
)  # fmt: skip
def outliving(probe: Probe) -> None:
    ways = [way for name, way in WAYS.items() if name in probe.target.pages]
    for way in ways:
        _ends(probe, *way(probe))
    if "end_session_endpoint" in probe.ground.metadata:
        try:
            _ends(probe, *_signed_out(probe))
        except NotTried as reason:
            if not ways:
                raise NotTried(
                    f"the target file names no page of an account, and {reason}"
                ) from None
    elif not ways:
        raise NotTried("the target file names no page of an account, and nobody can sign out")


def _ends(probe: Probe, found: Family, words: str) -> None:
    answer = found.send()
    probe.token_refused(answer, NO_GRANT, f"a refresh token after {words}")


def _new_password(probe: Probe) -> tuple[Family, str]:
    found, visit = _of_a_citizen(probe)
    Changing(probe, visit.person, visit.browser, "password").new_password()
    return found, "the password was changed"


def _deleted(probe: Probe) -> tuple[Family, str]:
    found, visit = _of_a_citizen(probe)
    Changing(probe, visit.person, visit.browser, "delete").confirm().visit.give()
    late = probe.authorize(probe.ask(prompt="none"), browser=visit.browser)
    probe.works("code" not in probe.outcome(late).values, late, "deleting the account")
    return found, "the account was deleted"


def _of_a_citizen(probe: Probe) -> tuple[Family, Visit]:
    visit = works_for(probe, probe.ground.burn())
    found = family(probe, browser=visit.browser, person=visit.person)
    found.refreshes()
    return found, visit


def _signed_out(probe: Probe) -> tuple[Family, str]:
    # Only without offline_access: that is asked for to go on when nobody is there.
    browser = probe.browser()
    found = family(probe, offline=False, browser=browser, person=probe.ground.next_person())
    found.refreshes()
    sign_out_to_the_end(probe, browser, id_token_hint=found.id_token)
    silent = probe.authorize(probe.ask(prompt="none"), browser=browser)
    probe.works("code" not in probe.outcome(silent).values, silent, "signing out")
    return found, "its citizen has signed out"


WAYS = {"password": _new_password, "delete": _deleted}
