"""Attacks on codes and on the tokens they are redeemed for."""

from collections.abc import Iterator

from tests.auth_flows import twister
from tests.auth_flows.attacks import attack
from tests.auth_flows.families import begin
from tests.auth_flows.probe import Probe, claims_of, got_tokens

NO_GRANT = ("invalid_grant", "invalid_request")
AT_ONCE = 8
ROUNDS = 6
SAMPLES = 20
MOST_CODES = 160
FEWEST_CHARACTERS = 22
"""Of base64url: 128 bits need as many."""
FEWEST_LETTERS = 5
"""That random codes show in one place; a counter or a time shows fewer."""
LONGEST_CODE = 60
LONGEST_LIFE = 15 * 60


@attack("TOKEN-01", fix="Use a code up once, and revoke what it gave when it comes again.")
def code_twice(probe: Probe) -> None:
    grant = probe.grant()
    first = probe.redeem(grant)
    probe.works(got_tokens(first), first, "redeeming a code")
    token = str(first.json.get("access_token"))
    before = probe.userinfo(token)
    probe.works(before.status == 200, before, "UserInfo with the token")
    probe.token_refused(probe.redeem(grant), NO_GRANT, "the same code again")
    answer = probe.userinfo(token)
    probe.expect(
        answer.status == 401,
        answer,
        tried="the first token after the code came a second time",
        wanted="401: it was revoked",
    )
    if probe.ground.offers("refresh_tokens"):
        _refresh_token_of_a_code(probe)


def _refresh_token_of_a_code(probe: Probe) -> None:
    found = next(filter(None, (begin(probe, client) for client in probe.plain_clients())), None)
    if found is None:
        return
    found.refreshes()
    probe.token_refused(probe.token(found.code, found.client), NO_GRANT, "a code of more tokens")
    tried = "the refresh token after its code came a second time"
    probe.token_refused(found.send(), NO_GRANT, tried)


@attack("TOKEN-02", fix="Use a code up in one atomic statement, before anything is signed.")
def code_in_parallel(probe: Probe) -> None:
    probe.redeeming_works()
    for _ in range(ROUNDS):
        grant = probe.grant()
        answers = probe.at_once(AT_ONCE, lambda: probe.redeem(grant))  # noqa: B023 - within the loop
        won = [answer for answer in answers if got_tokens(answer)]
        probe.expect(
            len(won) == 1,
            (won or answers)[-1],
            tried=f"one code by {AT_ONCE} requests at once",
            wanted=f"exactly one gets tokens, not {len(won)}",
        )
        for answer in answers:
            if answer not in won:
                probe.token_refused(answer, NO_GRANT, "one of the others")
        if len(won) != 1:
            return


@attack("TOKEN-03", fix="Bind a code to the client that asked for it, and use it up all the same.")
def code_of_another_client(probe: Probe) -> None:
    other = probe.another_client()
    probe.redeeming_works()
    probe.redeeming_works(other)
    for address in (probe.client.redirect_uri, other.redirect_uri):
        grant = probe.grant()
        answer = probe.redeem(grant, other, redirect_uri=address)
        probe.token_refused(answer, NO_GRANT, "a code of one client redeemed by another")
        probe.burned(grant)


@attack("TOKEN-04", fix="Compare redirect_uri at the token endpoint with that of the request.")
def another_address(probe: Probe) -> None:
    probe.redeeming_works()
    good = probe.client.redirect_uri
    for address in (good + "/", good + "?a=1", "https://attacker.example/callback", None, ""):
        grant = probe.grant()
        answer = probe.redeem(grant, redirect_uri=address)
        probe.token_refused(answer, NO_GRANT, f"redirect_uri={address}")


@attack("TOKEN-05", fix="Let a code live for a minute at most.")
def old_code(probe: Probe) -> Iterator[float]:
    probe.redeeming_works()
    grant = probe.grant()
    yield LONGEST_CODE + 2
    probe.token_refused(probe.redeem(grant), NO_GRANT, f"a code after {LONGEST_CODE + 2} s")


@attack("TOKEN-06", fix="Make codes and tokens of at least 128 bits of a secure generator.",
        left_out="generators whose next number can be worked out, but for the Mersenne Twister",
)  # fmt: skip
def guessable_codes(probe: Probe) -> None:
    answer = probe.redeeming_works()
    codes = [probe.grant().code for _ in range(SAMPLES)]
    changing = sum(1 for column in zip(*codes, strict=False) if len(set(column)) >= FEWEST_LETTERS)
    probe.expect(
        len(set(codes)) == SAMPLES,
        answer,
        tried=f"{SAMPLES} codes",
        wanted="all of them differ",
    )
    probe.expect(
        changing >= FEWEST_CHARACTERS,
        answer,
        tried=f"{SAMPLES} codes side by side",
        wanted=f"at least {FEWEST_CHARACTERS} characters that change from code to code",
    )
    needed = twister.values_needed(codes[0])
    if needed and needed <= MOST_CODES:
        codes = [probe.grant().code for _ in range(needed + 1)]
        probe.expect(
            twister.next_value(codes[:-1]) != codes[-1],
            answer,
            tried=f"working out a code from {needed} before it, as of a Mersenne Twister",
            wanted="it is another one",
        )


@attack("TOKEN-07", fix="Look codes up whole, among codes only.")
def changed_code(probe: Probe) -> None:
    tokens = probe.redeeming_works().json
    for words, change in (
        ("cut short", lambda code: code[:-1]),
        ("with one letter changed", lambda code: code[:-1] + ("A" if code[-1] != "A" else "B")),
        ("in capitals", str.upper),
        ("twice as long", lambda code: code * 2),
        ("with a space", lambda code: code + " "),
    ):
        grant = probe.grant()
        changed = change(grant.code)
        if changed != grant.code:
            probe.token_refused(probe.redeem(grant, code=changed), NO_GRANT, f"a code {words}")
    grant = probe.grant()
    session = max(probe.ground.signed_in().cookies.values(), key=len, default="none")
    others = {"an access token": tokens.get("access_token"), "an ID token": tokens.get("id_token")}
    for words, value in (others | {"a session's cookie": session}).items():
        answer = probe.redeem(grant, code=str(value))
        probe.token_refused(answer, NO_GRANT, f"{words} as code")


@attack("TOKEN-20", fix="Give refresh tokens only for offline_access that was granted.")
def refresh_token_unasked(probe: Probe) -> None:
    answer = probe.redeeming_works()
    probe.expect(
        "refresh_token" not in answer.json,
        answer,
        tried="a request without offline_access",
        wanted="no refresh token",
    )
    asked = probe.ask()
    done = probe.go_through(probe.ground.signed_in(), asked)
    probe.expect(
        not {"refresh_token", "access_token", "id_token"} & set(done.outcome.values),
        done.answers[-1],
        tried="the answer that comes through the browser",
        wanted="no token in it",
    )


@attack("TOKEN-22", fix="Take access tokens from the Authorization header (and a body) only.")
def token_in_the_address(probe: Probe) -> None:
    token = str(probe.redeeming_works().json.get("access_token"))
    good = probe.userinfo(token)
    probe.works(good.status == 200, good, "UserInfo with the token in the header")
    answer = probe.userinfo(token, f"?access_token={token}", header=False)
    probe.expect(
        answer.status in (400, 401, 403),
        answer,
        tried="an access token in the query of UserInfo",
        wanted="400 or 401",
    )


@attack("TOKEN-24", fix="Let access tokens live for fifteen minutes at most, and say how long.")
def long_lived_token(probe: Probe) -> None:
    answer = probe.redeeming_works()
    told = answer.json.get("expires_in")
    probe.expect(
        isinstance(told, int) and 0 < told <= LONGEST_LIFE,
        answer,
        tried="expires_in of an access token",
        wanted=f"at most {LONGEST_LIFE} s, not {told}",
    )
    claims = claims_of(str(answer.json.get("access_token")))
    if claims:
        life = claims.get("exp", 0) - claims.get("iat", 0)
        probe.expect(
            life == told,
            answer,
            tried="the times inside the access token",
            wanted=f"the life that expires_in tells ({told} s), not {life} s",
        )
