"""Attacks on UserInfo: with no token, with wrong ones, from a page of somebody else."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.jose import forged
from tests.auth_flows.probe import Grant, Probe
from tests.auth_flows.wire import Answer

STRANGER = "https://attacker.example"
LONGEST_ACCESS = 900
"""Seconds after which no access token should be good (RFC 9700 section 2.2)."""


def _told(answer: Answer) -> bool:
    return answer.status == 200 or "sub" in answer.json


def _refused(probe: Probe, token: str, tried: str) -> None:
    answer = probe.userinfo(token)
    challenge = answer.header("WWW-Authenticate")
    probe.expect(
        answer.status == 401 and "invalid_token" in challenge and not _told(answer),
        answer,
        tried=tried,
        wanted='401 with a challenge that says error="invalid_token", and no claim',
    )


@attack("UINFO-01", fix="Check signature, kind, issuer, time and revocation of every access token.")
def no_token_or_a_wrong_one(probe: Probe) -> None:
    given = probe.redeeming_works()
    token, id_token = (str(given.json.get(name, "")) for name in ("access_token", "id_token"))
    good = probe.userinfo(token)
    probe.works(good.status == 200 and "sub" in good.json, good, "UserInfo with its token")
    without = probe.userinfo("", header=False)
    challenge = without.header("WWW-Authenticate")
    probe.expect(
        without.status == 401
        and challenge.lower().startswith("bearer")
        and "error" not in challenge
        and not _told(without),
        without,
        tried="no token",
        wanted="401 with a Bearer challenge and no error code",
    )
    _refused(probe, id_token, "the ID token instead")
    for words, changed in _changed(token).items():
        _refused(probe, changed, words)
    if "revocation_endpoint" in probe.ground.metadata:
        proof, headers = probe.proof()
        fields = [("token", token), ("token_type_hint", "access_token"), *proof]
        probe.ground.wire.form(probe.endpoint("revocation_endpoint"), fields, headers)
        _refused(probe, token, "a token that was revoked")
    if probe.ground.clock.can_jump:
        old = str(probe.redeeming_works().json["access_token"])
        probe.wait(LONGEST_ACCESS + 1)
        _refused(probe, old, f"a token after {LONGEST_ACCESS} s")
    else:
        probe.leave_out(f"a token after {LONGEST_ACCESS} s: time cannot be moved")


def _changed(token: str) -> dict[str, str]:
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    found = {
        "what is no token": "no-such-token",
        "a token cut short": token[:-1],
        "a token with one letter changed": token[:middle] + other + token[middle + 1 :],
    }
    if token.count(".") == 2:
        head, claims, _ = token.split(".")
        found |= {
            "a token with a forged signature": forged(token),
            "a token without a signature": f"{head}.{claims}.",
            "a token that says it is unsigned": f"eyJhbGciOiJub25lIn0.{claims}.",
        }
    return found


@attack("UINFO-02", fix="Answer UserInfo only for tokens with the scope openid.")
def token_without_openid(probe: Probe) -> None:
    good = probe.userinfo(str(probe.redeeming_works().json.get("access_token", "")))
    probe.works(good.status == 200, good, "UserInfo with a token that has openid")
    others = [scope for scope in probe.client.scope.split() if scope != "openid"]
    for scope in dict.fromkeys((" ".join(others) or "email", "", None)):
        asked = probe.ask(scope=scope)
        answer = probe.authorize(asked, browser=probe.ground.signed_in())
        code = probe.outcome(answer).values.get("code")
        tried = f"a token for {'no scope' if not scope else f'the scope {scope!r}'}"
        if code is None:
            errors = ("invalid_scope", "invalid_request")
            probe.refused(answer, errors, f"asking for {tried}", asked)
            continue
        given = probe.redeem(Grant(asked, code))
        told = probe.userinfo(str(given.json.get("access_token", "no-token")))
        probe.expect(
            told.status in (401, 403) and not _told(told),
            told,
            tried=tried,
            wanted="403 insufficient_scope, and no claim",
        )


@attack("UINFO-03", fix="Name no origin together with credentials; never reflect one.")
def from_another_origin(probe: Probe) -> None:
    token = str(probe.redeeming_works().json.get("access_token", ""))
    good = probe.userinfo(token)
    probe.works(good.status == 200, good, "UserInfo without an origin")
    preflight = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    endpoint, wire = probe.endpoint("userinfo_endpoint"), probe.ground.wire
    for origin in (STRANGER, "null", f"{probe.target.issuer.rstrip('/')}.attacker.example"):
        bearer = {"Authorization": f"Bearer {token}"}
        for method, more in (("GET", bearer), ("POST", bearer), ("OPTIONS", preflight)):
            answer = wire.send(method, endpoint, headers={"Origin": origin, **more})
            allowed = answer.header("Access-Control-Allow-Origin")
            with_credentials = answer.header("Access-Control-Allow-Credentials").lower() == "true"
            probe.expect(
                not (allowed and with_credentials),
                answer,
                tried=f"{method} with Origin: {origin}",
                wanted=f"no origin allowed with credentials, not {allowed!r}",
            )
