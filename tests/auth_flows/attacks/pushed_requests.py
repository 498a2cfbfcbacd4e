"""Attacks on requests that are pushed beforehand (RFC 9126)."""

import json

from tests.auth_flows import twister
from tests.auth_flows.asking import challenge_of
from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.redirects import EVIL
from tests.auth_flows.jose import forged
from tests.auth_flows.probe import Probe, claims_of, got_tokens
from tests.auth_flows.pushing import Pushed, push, pushed, pushing_works, reference_of
from tests.auth_flows.randomness import bits_of
from tests.auth_flows.targets import NO_PROOF, Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer, Pairs

LONGEST_LIFE = 600
AT_ONCE = 6
ROUNDS = 3
SAMPLES = 32
MOST_SAMPLES = 160
FEWEST_BITS = 127.0
"""As they are counted from outside: a letter that happens not to be seen is not missed."""
VERIFIER = "attackers-verifier-" * 3


def _turned_away(probe: Probe, answer: Answer, client: Client, tried: str) -> None:
    """There is no code, and nobody is asked to sign in."""
    outcome = probe.outcome(answer, client)
    told = outcome.kind == "sent back" and outcome.error and "code" not in outcome.values
    probe.expect(
        outcome.kind == "refused here" or bool(told),
        answer,
        tried=tried,
        wanted="an error, and no code",
    )


@attack("PAR-01", fix="Use a pushed request up with its answer, and let it live for minutes.",
        left_out="the end of its life, where that is longer than may be waited for")  # fmt: skip
def used_again(probe: Probe) -> None:
    client, browser = probe.client, probe.ground.signed_in()
    first = pushing_works(probe)
    for words, where in (("by the same browser", browser), ("by another one", probe.browser())):
        answer = probe.authorize(first.brought(), browser=where)
        _turned_away(probe, answer, client, f"a reference whose code was redeemed, {words}")
    late = pushed(probe)
    probe.expect(
        0 < late.life <= LONGEST_LIFE,
        late.answer,
        tried="the life of a reference",
        wanted=f"{LONGEST_LIFE} s at most, not {late.answer.json.get('expires_in')}",
    )
    wait = min(late.life or LONGEST_LIFE, LONGEST_LIFE) + 2
    if probe.ground.clock.can_jump or wait <= probe.target.care.longest_wait:
        probe.wait(wait)
        answer = probe.authorize(late.brought(), browser=browser)
        _turned_away(probe, answer, client, f"a reference after {wait} s")
    for _ in range(ROUNDS):
        one = pushed(probe)
        answers = probe.at_once(
            AT_ONCE,
            lambda: probe.authorize(one.brought(), browser=browser.copy()),  # noqa: B023
        )
        won = [answer for answer in answers if "code" in probe.outcome(answer).values]
        probe.expect(
            len(won) <= 1,
            (won or answers)[-1],
            tried=f"one reference {AT_ONCE} times at once",
            wanted=f"one code at most, not {len(won)}",
        )


@attack("PAR-02", fix="Bind a reference to the client that pushed it, and ask for its client_id.")
def of_another_client(probe: Probe) -> None:
    other, browser = probe.another_client(), probe.ground.signed_in()
    pushing_works(probe)
    pushing_works(probe, other)
    beside = {"response_type": "code", "scope": other.scope}
    for words, more in (
        ("", {}),
        (", with its own address beside it", {"redirect_uri": other.redirect_uri} | beside),
        (", with the address of the first", {"redirect_uri": probe.client.redirect_uri}),
    ):
        one = pushed(probe)
        answer = probe.authorize(one.brought(other, **more), browser=browser)
        _turned_away(probe, answer, other, f"the reference of another client{words}")
    one = pushed(probe)
    bare = one.brought()
    bare.pairs.remove(("client_id", probe.client.id))
    answer = probe.authorize(bare, browser=browser)
    _turned_away(probe, answer, probe.client, "a reference without client_id")


@attack("PAR-03", fix="Prove the client of a pushed request, and take no reference inside it.")
def without_proof(probe: Probe) -> None:
    first_of = {client.method: client for client in reversed(probe.plain_clients())}
    for client in first_of.values():
        good = pushed(probe, client)
        fields = good.asked.pairs
        for words, proof, headers in _bad_proofs(probe, client):
            answer = push(probe, fields, proof, headers)
            _not_taken(probe, answer, f"a request of {client.id} pushed with {words}")
        for address in (good.reference, "https://attacker.example/request.jwt"):
            for more in (fields, [("client_id", client.id)]):
                proof, headers = probe.proof(client)
                answer = push(probe, [*more, ("request_uri", address)], proof, headers)
                words = "the request" if more is fields else "nothing"
                _not_taken(probe, answer, f"{words} pushed with request_uri={address}")


def _bad_proofs(probe: Probe, client: Client) -> list[tuple[str, Pairs, dict[str, str]]]:
    """Proofs that prove nothing, or another client."""
    found: list[tuple[str, Pairs, dict[str, str]]] = [("no proof", [], {})]
    if client.secret:
        for words, secret in (
            ("wrong", "wrong-secret"),
            ("short", client.secret[:-1]),
            ("void", ""),
        ):
            found += [(f"a {words} secret", *probe.proof_by(client, secret))]
    else:
        fields, headers = probe.proof(client)
        bad = [(name, forged(value) if name == "client_assertion" else value)
               for name, value in fields]  # fmt: skip
        found += [("a forged assertion", bad, headers)]
        found += [("a secret", [("client_secret", client.id)], {})]
    others = [one for one in probe.plain_clients()
              if one.id != client.id and (one.key or one.secret != client.secret)]  # fmt: skip
    for other in others[:2]:
        fields, headers = probe.proof(other)
        theirs = [pair for pair in fields if pair[0] != "client_id"]
        found.append((f"the proof of {other.id}", [*theirs, ("client_id", client.id)], headers))
    return found


def _not_taken(probe: Probe, answer: Answer, tried: str) -> None:
    probe.expect(
        answer.status in (400, 401) and not reference_of(answer),
        answer,
        tried=tried,
        wanted="400 or 401, and no reference",
    )


@attack("PAR-04", fix="Take every value from what was pushed, and none from the query beside it.")
def overridden(probe: Probe) -> None:
    pushing_works(probe)
    for name, value in (
        ("state", "changed"),
        ("nonce", "changed"),
        ("redirect_uri", EVIL),
        ("scope", f"{probe.client.scope} profile"),
        ("response_type", "token"),
        ("response_type", "code id_token"),
        ("response_mode", "fragment"),
        ("prompt", "login"),
        ("code_challenge", challenge_of(VERIFIER)),
        ("code_challenge_method", "plain"),
        ("claims", json.dumps({"id_token": {"email": None}})),
        ("request", "a.b.c"),
    ):
        _pushed_counts(probe, pushed(probe, scope="openid"), name, value)


def _pushed_counts(probe: Probe, one: Pushed, name: str, value: str) -> None:
    """A value in the query is refused, or changes nothing of what was pushed."""
    asked, tried = one.asked, f"{name}={value[:40]} beside the reference"
    answer = probe.authorize(one.brought(**{name: value}), browser=probe.ground.signed_in())
    outcome = probe.outcome(answer)
    code = outcome.values.get("code", "")
    probe.expect(
        outcome.kind in ("sent back", "refused here")
        and EVIL not in answer.location
        and outcome.values.get("state", "") in (asked.state, "")
        and not (code and "#" in answer.location.rstrip("#_=")),
        answer,
        tried=tried,
        wanted="a refusal, or the answer that was pushed for, in the query",
    )
    if not code:
        return
    given = probe.token(probe.fields_for(asked, code), asked.client)
    told = claims_of(str(given.json.get("id_token", "")))
    scopes = str(given.json.get("scope", "openid")).split()
    probe.expect(
        got_tokens(given)
        and told.get("nonce", asked.nonce) == asked.nonce
        and "email" not in told
        and scopes == ["openid"],
        given,
        tried=f"the tokens of {tried}",
        wanted="those that were pushed for: verifier, nonce, claims and the scope openid",
    )


@attack("PAR-05", fix="Refuse every request that was not pushed, of clients that must push.")
def plain_request(probe: Probe) -> None:
    client = _must_push(probe)
    browser = probe.ground.signed_in()
    pushing_works(probe, client)
    for words, changes in (
        ("", {}),
        (" with prompt=none", {"prompt": "none"}),
        (" with a reference of nobody", {"request_uri": "urn:example:nobody"}),
        (" with an empty reference", {"request_uri": ""}),
        (" with an unsigned request", {"request": "eyJhbGciOiJub25lIn0.e30."}),
    ):
        answer = probe.authorize(probe.ask(client, **changes), browser=browser)
        _turned_away(probe, answer, client, f"a plain request{words}")
    posted = browser.post(probe.endpoint("authorization_endpoint"), probe.ask(client).pairs)
    _turned_away(probe, posted, client, "a plain request by POST")


def _must_push(probe: Probe) -> Client:
    """A client whose requests must be pushed. Raises NotTried if there is none."""
    for client in probe.target.special_clients:
        if client.pushed_only and client.method != NO_PROOF:
            return client
    if probe.ground.metadata.get("require_pushed_authorization_requests"):
        return probe.client
    raise NotTried("the target file names no client that must push (pushed_only), "
                   "and the metadata do not say that all must")  # fmt: skip


@attack("PAR-06", fix="Make references of at least 128 bits of a secure generator.",
        left_out="generators whose next number can be worked out, but for the Mersenne Twister",
)  # fmt: skip
def guessable(probe: Probe) -> None:
    last = pushed(probe).answer
    values = [_another_reference(probe) for _ in range(SAMPLES)]
    probe.expect(
        len(set(values)) == SAMPLES,
        last,
        tried=f"{SAMPLES} references",
        wanted="all of them differ",
    )
    bits = bits_of(values)
    probe.expect(
        bits >= FEWEST_BITS,
        last,
        tried=f"{SAMPLES} references side by side",
        wanted=f"at least 128 bits that change from one to the next, not {bits:.0f}",
    )
    needed = twister.values_needed(values[0])
    if needed and needed <= MOST_SAMPLES:
        values = [_another_reference(probe) for _ in range(needed + 1)]
        probe.expect(
            twister.next_value(values[:-1]) != values[-1],
            last,
            tried=f"working out a reference from {needed} before it, as of a Mersenne Twister",
            wanted="it is another one",
        )


def _another_reference(probe: Probe) -> str:
    proof, headers = probe.proof()
    answer = push(probe, probe.ask().pairs, proof, headers)
    return reference_of(answer).rpartition(":")[2]
