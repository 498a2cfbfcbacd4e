"""Attacks on introspection and revocation: by nobody, about somebody else's token, for a hint."""

from collections.abc import Iterable

from tests.auth_flows.attacks import attack
from tests.auth_flows.forms import forms_of
from tests.auth_flows.jose import forged
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.targets import Client
from tests.auth_flows.wire import Answer, Pairs

INACTIVE = {"active": False}
ASK = "introspection_endpoint"
REVOKE = "revocation_endpoint"


def _send(probe: Probe, endpoint: str, token: str, client: Client | None = None) -> Answer:
    """Ask about a token, or revoke it, as a client of ours."""
    proof, headers = probe.proof(client)
    return probe.ground.wire.form(probe.endpoint(endpoint), [("token", token), *proof], headers)


def _token(probe: Probe) -> str:
    return str(probe.redeeming_works().json.get("access_token", ""))


def _own_is_active(probe: Probe, token: str) -> None:
    answer = _send(probe, ASK, token)
    probe.works(answer.json.get("active") is True, answer, "introspecting one's own token")


def _tells_nothing(probe: Probe, answer: Answer, tried: str) -> None:
    probe.expect(
        answer.status == 200 and answer.json == INACTIVE,
        answer,
        tried=tried,
        wanted='200 and exactly {"active": false}',
    )


def _is_refused(probe: Probe, answer: Answer, tried: str) -> None:
    probe.expect(
        answer.status in (400, 401, 403, 405) and "active" not in answer.json,
        answer,
        tried=tried,
        wanted="a refusal that says nothing of the token",
    )


def _without_proof(probe: Probe) -> Iterable[tuple[str, Pairs]]:
    client = probe.client
    yield "nobody", []
    yield "a client that proves nothing", [("client_id", client.id)]
    yield "a client with a wrong secret", [("client_id", client.id), ("client_secret", "wrong")]
    yield "a client with an empty secret", [("client_id", client.id), ("client_secret", "")]
    yield "a client that does not exist", [("client_id", "none"), ("client_secret", "wrong")]


@attack("INTRO-01", fix="Let clients prove themselves, and tell each about its own tokens alone.")
def asked_by_somebody_else(probe: Probe) -> None:
    other, token = probe.another_client(), _token(probe)
    _own_is_active(probe, token)
    own = str(probe.redeeming_works(other).json.get("access_token", ""))
    mine = _send(probe, ASK, own, other)
    probe.works(mine.json.get("active") is True, mine, "the other client asking about its own")
    for words, proof in _without_proof(probe):
        answer = probe.ground.wire.form(probe.endpoint(ASK), [("token", token), *proof])
        _is_refused(probe, answer, f"asked by {words}")
    bearer = {"Authorization": f"Bearer {token}"}
    answer = probe.ground.wire.form(probe.endpoint(ASK), [("token", token)], bearer)
    _is_refused(probe, answer, "asked with the token itself as proof")
    foreign = _send(probe, ASK, token, other)
    probe.expect(
        foreign.json == INACTIVE or (foreign.status in (401, 403) and "active" not in foreign.json),
        foreign,
        tried="asked by another client of ours",
        wanted="inactive, or a refusal",
    )


@attack("INTRO-02", fix='Answer {"active": false} and nothing else for whatever is not live.')
def told_of_inactive_tokens(probe: Probe) -> None:
    token = _token(probe)
    _own_is_active(probe, token)
    for words, other in {
        "what is no token": "no-such-token",
        "a token cut short": token[:-1],
        "a token with its end changed": token[:-4] + token[-4:].swapcase(),
        "a token with another signature": forged(token),
        "a token with more at its end": token + "A",
    }.items():
        _tells_nothing(probe, _send(probe, ASK, other), words)
    if REVOKE in probe.ground.metadata:
        revoked = _token(probe)
        _send(probe, REVOKE, revoked)
        _tells_nothing(probe, _send(probe, ASK, revoked), "a token that was revoked")
    life = int(claims_of(token).get("exp", 0)) - int(probe.ground.clock.now())
    if probe.ground.clock.can_jump and life > 0:
        probe.wait(life + 1)
        _tells_nothing(probe, _send(probe, ASK, token), "a token that has expired")
    else:
        probe.leave_out("a token that has expired: time cannot be moved, or nobody knows its end")


@attack("INTRO-03", fix="Look the grant and the session up for every question about a token.",
        left_out="a citizen who is suspended")  # fmt: skip
def told_active_too_long(probe: Probe) -> None:
    token = _token(probe)
    _own_is_active(probe, token)
    if REVOKE in probe.ground.metadata:
        _send(probe, REVOKE, token)
        _tells_nothing(probe, _send(probe, ASK, token), "a token right after it was revoked")
    grant = probe.grant()
    first = str(probe.redeem(grant).json.get("access_token", ""))
    _own_is_active(probe, first)
    probe.redeem(grant)
    _tells_nothing(probe, _send(probe, ASK, first), "a token whose code came a second time")
    if "end_session_endpoint" in probe.ground.metadata:
        _after_sign_out(probe)


def _after_sign_out(probe: Probe) -> None:
    browser, asked = probe.browser(), probe.ask()
    done = probe.go_through(browser, asked, probe.ground.next_person())
    given = probe.token(probe.fields_for(asked, done.outcome.values.get("code", "")))
    token, hint = (str(given.json.get(name, "")) for name in ("access_token", "id_token"))
    _own_is_active(probe, token)
    page = browser.get(f"{probe.endpoint('end_session_endpoint')}?id_token_hint={hint}")
    for form in forms_of(page.body):
        if form.method == "post":
            browser.submit(form, {}, next(iter(form.buttons), ("", "")))
    silent = probe.authorize(probe.ask(prompt="none"), browser=browser)
    probe.works("code" not in probe.outcome(silent).values, silent, "signing out")
    _tells_nothing(probe, _send(probe, ASK, token), "a token whose citizen has signed out")


@attack("REVOKE-01", fix="Revoke a token only for the client that it was given to.")
def revoked_by_somebody_else(probe: Probe) -> None:
    other, lost = probe.another_client(), _token(probe)
    _send(probe, REVOKE, lost)
    gone = probe.userinfo(lost)
    probe.works(gone.status == 401, gone, "revoking one's own token")
    token = _token(probe)  # not before: that may have ended whatever was granted with it
    good = probe.userinfo(token)
    probe.works(good.status == 200, good, "UserInfo with a token that nobody has revoked")
    foreign = _send(probe, REVOKE, token, other)
    probe.expect(
        foreign.status in (200, 400, 401, 403) and token not in foreign.body,
        foreign,
        tried="the token of another client",
        wanted="200, or a refusal that tells nothing",
    )
    _lives(probe, token, "another client of ours has revoked it")
    for words, proof in _without_proof(probe):
        answer = probe.ground.wire.form(probe.endpoint(REVOKE), [("token", token), *proof])
        _is_refused(probe, answer, f"revoked by {words}")
        _lives(probe, token, f"{words} has revoked it")


def _lives(probe: Probe, token: str, tried: str) -> None:
    answer = probe.userinfo(token)
    probe.expect(answer.status == 200, answer, tried=f"a token after {tried}", wanted="it lives on")


@attack("REVOKE-03", fix="Answer 200 for every token, known or not.",
        left_out="how long the answers take")  # fmt: skip
def answers_that_tell(probe: Probe) -> None:
    token = _token(probe)
    good = _send(probe, REVOKE, token)
    probe.works(good.status == 200, good, "revoking one's own token")
    for words, other in {
        "a token that is revoked already": token,
        "what is no token": "no-such-token",
        "a token cut short": token[:-1],
        "a token of a kind nobody gave": "A" * len(token),
    }.items():
        answer = _send(probe, REVOKE, other)
        probe.expect(
            (answer.status, answer.body) == (good.status, good.body),
            answer,
            tried=words,
            wanted=f"the answer that a live token got: {good.told()}",
        )
