"""The provider as a whole: what it publishes, and what it shows to browsers."""

import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from tests.auth_flows import jose
from tests.auth_flows.faulty.answers import Asked, Reply, form, no
from tests.auth_flows.faulty.devices import FACTORS, Devices
from tests.auth_flows.faulty.tokens import CLIENTS, DEVICE, Grant, half

HOSTS = [f"https://{name}.example" for name in CLIENTS]


class Provider(Devices):
    """One provider with its faults; `at` is its issuer."""

    def __init__(self, clock: Path, key: str, *faults: str) -> None:
        super().__init__(clock, key, *faults)
        self.lock = threading.Lock()

    def answer(self, path: str, asked: Asked, headers: Asked, *, post: bool) -> Reply:
        """The answer to a request."""
        places: dict[str, Callable[[Asked, str], Reply]] = {
            "/.well-known/openid-configuration": self.metadata, "/jwks": self.jwks,
            "/authorize": self.authorize, "/login": self.login, "/userinfo": self.userinfo,
            "/token": self.token, "/revoke": self.revoke, "/signout": self.signout,
            "/password": self.password, "/delete": self.delete, "/device": self.device,
            "/devices": self.begin_device, "/frame": self.frame,
            "/": lambda asked, told: Reply(told="<p>Hello</p>"),
        }  # fmt: skip
        held = headers.get("cookie", "").partition("s=")[2]
        told = headers.get("authorization", "").partition("Bearer ")[2] or held
        with self.lock:
            if path not in places:
                return no("not_found", 404)
            return places[path](asked | ({"posted": "yes"} if post else {}), told)

    # -- what it publishes

    def metadata(self, _: Asked, __: str) -> Reply:
        """What it offers."""
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token",
                "userinfo_endpoint": "userinfo", "jwks_uri": "jwks",
                "revocation_endpoint": "revoke", "end_session_endpoint": "signout",
                "device_authorization_endpoint": "devices",
                "check_session_iframe": "frame"}  # fmt: skip
        return Reply(told={name: self.at + end for name, end in ends.items()} | {
            "issuer": self.at, "scopes_supported": ["openid", "email", "offline_access"],
            "grant_types_supported": ["authorization_code", "refresh_token", DEVICE],
            "response_types_supported": ["code", "code id_token", "code id_token token"],
            "frontchannel_logout_supported": True, "frontchannel_logout_session_supported": True,
        })  # fmt: skip

    def jwks(self, _: Asked, __: str) -> Reply:
        """Its key."""
        return Reply(told={"keys": [jose.as_jwk(jose.public_half(self.key)) | {"kid": "own"}]})

    # -- browsers

    def login(self, asked: Asked, _: str) -> Reply:
        """Sign in whoever comes."""
        session = secrets.token_urlsafe(16)
        self.sessions[session] = asked["email"]
        readable = "readable" in self.faults
        return Reply(303, location=asked["next"], cookie=session, readable=readable)

    def authorize(self, asked: Asked, session: str) -> Reply:
        """A code, and what else is asked for."""
        kind, back = asked["response_type"], asked["redirect_uri"]
        mark = "?" if kind == "code" or "query" in asked.get("response_mode", "") else "#"
        told = {"state": asked["state"]}
        hybrid = kind != "code"
        if hybrid and "nonce" not in asked and "no_nonce" not in self.faults:
            told["error"] = "invalid_request"
        elif hybrid and mark == "?" and "query" not in self.faults:
            told["error"], mark = "invalid_request", "#"
        elif session not in self.sessions:
            if asked.get("prompt") != "none":
                return Reply(told=form("/login", *FACTORS, next=self._again(asked)))
            told["error"] = "login_required"
        else:
            told |= self._given(asked, session) | {"session_state": self._state(asked, session)}
        return Reply(303, location=f"{back}{mark}{urlencode(told)}")

    def _again(self, asked: Asked) -> str:
        return "/authorize?" + urlencode(asked).replace("&", "&amp;")

    def _given(self, asked: Asked, session: str) -> Asked:
        person = self.sessions[session]
        grant = Grant(asked["client_id"], person, asked["scope"], session, asked.get("nonce", ""))
        told = {"code": secrets.token_urlsafe(24)}
        self.codes[told["code"]] = grant
        kind = asked["response_type"].split()
        if "token" in kind:
            told["access_token"] = self._access(grant, grant.scope)
        if "id_token" in kind:
            more = {"c_hash": told["code"], "at_hash": told.get("access_token", "")}
            more = {name: half(value) for name, value in more.items() if value}
            if "c_hash" in self.faults:
                del more["c_hash"]
            if "at_hash" in self.faults and "at_hash" in more:
                more["at_hash"] = half("another")
            told["id_token"] = self._id_token(grant, **more)
        return told

    def _state(self, asked: Asked, session: str) -> str:
        """What a client asks the frame about."""
        salt = "" if "unsalted" in self.faults else secrets.token_urlsafe(8)
        origin = asked["redirect_uri"].rpartition("/")[0]
        hashed = half(f"{asked['client_id']} {origin} {session} {salt}")
        return f"{session}.{salt}" if "told" in self.faults else f"{hashed}.{salt}"

    def frame(self, _: Asked, __: str) -> Reply:
        """The frame that tells whether a session goes on."""
        check = "e.data" if "anybody" in self.faults else "e.data, e.origin"
        to = {"anybody": "e.data.to", "loud": "'*'"}.get(self._fault("anybody", "loud"), "e.origin")
        answer = f"e.source.postMessage(same({check}), {to})"
        script = f"addEventListener('message', e => {answer})"
        return Reply(told=f"<script>{script}</script>")

    def signout(self, _: Asked, session: str) -> Reply:
        """End a session, and what was given for its time."""
        person = self.sessions.pop(session, "")
        if "session" not in self.faults:
            self._end(lambda g: g.session == session and "offline" not in g.scope)
        to = self._frames(person, session)
        hosts = {"blocked": "'none'", "open": "https:"}.get(self._fault("blocked", "open"))
        return Reply(told=f"<p>Goodbye</p>{to}", policy=f"frame-src {hosts or ' '.join(HOSTS)}")

    def _fault(self, *names: str) -> str:
        return next((name for name in names if name in self.faults), "")

    def _frames(self, person: str, session: str) -> str:
        """A frame for each service of a session."""
        frames = []
        for client in {g.client for g, _ in self.access.values() if g.session == session}:
            more = urlencode({"iss": self.at, "sid": f"{client}-{session}"})
            address = f"https://{client}.example/out"
            frames.append(address if "unmarked" in self.faults else f"{address}?{more}")
        if "silent" in self.faults:
            frames.pop()
        if "stranger" in self.faults:
            frames.append(f"https://attacker.example/{person}")
        return "".join(f'<iframe src="{address}"></iframe>' for address in frames)

    def password(self, asked: Asked, session: str) -> Reply:
        """Change a password."""
        if "posted" not in asked:
            return Reply(told=form("/password", "password"))
        if "password" not in self.faults:
            self._end(lambda g: g.person == self.sessions[session])
        return Reply(303, location=self.at)

    def delete(self, asked: Asked, session: str) -> Reply:
        """Delete an account."""
        if "posted" not in asked:
            return Reply(told=form("/delete"))
        person = self.sessions.pop(session)
        if "account" not in self.faults:
            self._end(lambda g: g.person == person)
        return Reply(told="<p>Gone</p>")
