"""A provider of a few lines with refresh tokens, devices and hybrid answers, and planted faults.

Without a fault it is careful. Who is signed in stands in a cookie, whoever gives any password is.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.auth_flows import jose
from tests.auth_flows.clocks import SECONDS

Asked = dict[str, str]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SECRET = "a secret of the test"
CLIENTS = ("one", "two")
HOSTS = [f"https://{name}.example" for name in CLIENTS]
FACTORS = ("email", "password", "code")
LIFE = 600
MOST_GUESSES = 20


@dataclass
class Grant:
    """What a citizen let a client have, and whether that still holds."""

    client: str
    person: str
    scope: str
    session: str
    nonce: str = ""
    alive: bool = True
    refresh: list[str] = field(default_factory=list)


@dataclass
class Device:
    """A device that waits."""

    client: str
    user_code: str
    ends: float
    grant: Grant | None = None
    polled: float = -10
    done: bool = False


@dataclass
class Reply:
    """An answer."""

    status: int = 200
    told: object = ""
    location: str = ""
    cookie: str = ""
    policy: str = ""


def form(action: str, *fields: str, **hidden: str) -> str:
    """A page with one form."""
    inputs = [f'<input type="hidden" name="{name}" value="{hidden[name]}">' for name in hidden]
    inputs += [f'<input name="{name}">' for name in fields]
    return f'<form method="post" action="{action}">{"".join(inputs)}<button>Go</button></form>'


def no(error: str, status: int = 400) -> Reply:
    """A refusal."""
    return Reply(status, {"error": error})


class Provider:
    """One provider with its faults; `at` is its issuer."""

    def __init__(self, clock: Path, key: str, *faults: str) -> None:
        self.at = ""
        self.clock = clock
        self.key = key
        self.faults = faults
        self.sessions: dict[str, str] = {}
        self.codes: dict[str, Grant] = {}
        self.access: dict[str, tuple[Grant, str]] = {}
        self.refresh: dict[str, tuple[Grant, float | None]] = {}
        self.devices: dict[str, Device] = {}
        self.wrong = 0
        self.lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        return float(SECONDS.unpack(self.clock.read_bytes())[0])

    def answer(self, path: str, asked: Asked, headers: Asked, *, post: bool) -> Reply:
        """The answer to a request."""
        places: dict[str, Callable[[Asked, str], Reply]] = {
            "/.well-known/openid-configuration": self.metadata, "/jwks": self.jwks,
            "/authorize": self.authorize, "/login": self.login, "/userinfo": self.userinfo,
            "/token": self.token, "/revoke": self.revoke, "/signout": self.signout,
            "/password": self.password, "/delete": self.delete, "/device": self.device,
            "/devices": self.begin_device, "/": lambda asked, told: Reply(told="<p>Hello</p>"),
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
                "device_authorization_endpoint": "devices"}  # fmt: skip
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
        return Reply(303, location=asked["next"], cookie=session)

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
            told |= self._given(asked, session)
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

    def _end(self, whose: Callable[[Grant], bool]) -> None:
        for grant, _ in self.refresh.values():
            grant.alive = grant.alive and not whose(grant)

    # -- clients

    def token(self, asked: Asked, _: str) -> Reply:
        """Tokens for a code, a refresh token or a device."""
        believed = asked.get("client_id") in CLIENTS and asked.get("client_secret") == SECRET
        if not believed and not ("proof" in self.faults and asked.get("client_id")):
            return no("invalid_client", 401)
        if asked["grant_type"] == "refresh_token":
            return self._refreshed(asked)
        if asked["grant_type"] == DEVICE:
            return self._for_device(asked)
        grant = self.codes.pop(asked["code"], None)
        if grant is None or grant.client != asked["client_id"]:
            return no("invalid_grant")
        return self._tokens(grant, grant.scope)

    def _refreshed(self, asked: Asked) -> Reply:
        token = asked["refresh_token"]
        grant, used = self.refresh.get(token, (Grant("", "", "", "", alive=False), None))
        stranger = grant.client != asked["client_id"] and "any_client" not in self.faults
        if not grant.alive or stranger:
            return no("invalid_grant")
        graceful = "grace" in self.faults and used is not None and self.now() - used < 10
        if used is not None and not graceful and "old" not in self.faults:
            grant.alive = "family" in self.faults
            return no("invalid_grant")
        scope = asked.get("scope") or grant.scope
        if set(scope.split()) - set(grant.scope.split()) and "scope" not in self.faults:
            return no("invalid_scope")
        self.refresh[token] = (grant, self.now())
        return self._tokens(grant, scope)

    def _tokens(self, grant: Grant, scope: str) -> Reply:
        told: dict[str, object] = {"access_token": self._access(grant, scope), "scope": scope}
        told["id_token"] = self._id_token(grant)
        if "offline_access" in grant.scope or grant.client == "two":
            new = secrets.token_urlsafe(24)
            self.refresh[new] = (grant, None)
            told["refresh_token"] = new
        return Reply(told=told)

    def _access(self, grant: Grant, scope: str) -> str:
        token = secrets.token_urlsafe(24)
        self.access[token] = (grant, scope)
        return token

    def _id_token(self, grant: Grant, **more: str) -> str:
        now = int(self.now())
        claims = {"iss": self.at, "aud": grant.client, "sub": grant.person, "nonce": grant.nonce}
        claims["sid"] = f"{grant.client}-{grant.session}"
        claims |= more
        header = {"alg": "ES256", "kid": "own"}
        times = {"iat": now, "exp": now + LIFE}
        return jose.compact(header, claims | times, jose.by_key(self.key))

    def userinfo(self, _: Asked, token: str) -> Reply:
        """What an access token opens."""
        grant, scope = self.access.get(token, (Grant("", "", "", "", alive=False), ""))
        if not grant.alive:
            return no("invalid_token", 401)
        email = {"email": grant.person} if "email" in scope else {}
        return Reply(told={"sub": grant.person} | email)

    def revoke(self, asked: Asked, _: str) -> Reply:
        """End the family of a refresh token, or an access token."""
        token = asked["token"]
        hinted = "hint" in self.faults and asked.get("token_type_hint") == "access_token"
        if token in self.refresh and not hinted:
            grant = self.refresh.pop(token)[0]
            grant.alive = "access" in self.faults
        self.access.pop(token, None)
        return Reply()

    # -- devices

    def begin_device(self, asked: Asked, _: str) -> Reply:
        """Codes for a device."""
        letters = 4 if "short" in self.faults else 8
        typed = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(letters))
        code, life = secrets.token_urlsafe(24), 10 * LIFE if "long" in self.faults else LIFE
        self.devices[code] = Device(asked["client_id"], typed, self.now() + life)
        return Reply(told={
            "device_code": code, "user_code": typed, "verification_uri": self.at + "device",
            "verification_uri_complete": f"{self.at}device?user_code={typed}", "expires_in": life,
            "interval": 5,
        })  # fmt: skip

    def _for_device(self, asked: Asked) -> Reply:
        device = self.devices.get(asked["device_code"])
        if device is None or device.done:
            return no("invalid_grant")
        if device.client != asked["client_id"] and "any_device" not in self.faults:
            return no("invalid_grant")
        if device.ends < self.now() and "immortal" not in self.faults:
            return no("expired_token")
        hasty, device.polled = self.now() - device.polled < 5, self.now()
        if device.grant is None:
            return no("slow_down" if hasty and "fast" not in self.faults else WAITS)
        device.done = "twice" not in self.faults
        return self._tokens(device.grant, device.grant.scope)

    def device(self, asked: Asked, session: str) -> Reply:
        """The page on which the code of a device is typed in."""
        typed = asked.get("user_code", "")
        device = next((d for d in self.devices.values() if d.user_code == typed), None)
        late = device is not None and device.ends < self.now() and "immortal" not in self.faults
        if self.wrong > MOST_GUESSES and "guesses" not in self.faults:
            return no("slow_down", 429)
        if device is None or late or device.grant:
            self.wrong += bool(typed)
            return Reply(told=form("/device", "user_code"))
        agreed = asked.get("agreed") == f"by-{session}" and "posted" in asked
        if session in self.sessions and (agreed or "link" in self.faults):
            device.grant = Grant(device.client, self.sessions[session], "openid", session)
            return Reply(told="<p>Done</p>")
        if session not in self.sessions:
            if "nobody" in self.faults:
                device.grant = Grant(device.client, "nobody", "openid", "")
            again = f"/device?user_code={typed}"
            factors = FACTORS[:2] if "factor" in self.faults else FACTORS
            return Reply(told=form("/login", *factors, next=again))
        name = "something" if "name" in self.faults else device.client
        words = f"<p>Let {name} in by {typed}?</p>"
        return Reply(told=words + form("/device", user_code=typed, agreed=f"by-{session}"))


WAITS = "authorization_pending"


def half(value: str) -> str:
    """The first half of a hash, as ID tokens hold it."""
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


@contextmanager
def serving(provider: Provider) -> Iterator[None]:
    """It listens until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query, post=False)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._answer(body, post=True)

        def _answer(self, sent: str, *, post: bool) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            reply = provider.answer(path, dict(parse_qsl(sent)), headers, post=post)
            page = isinstance(reply.told, str)
            body = (reply.told if isinstance(reply.told, str) else json.dumps(reply.told)).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/html" if page else "application/json")
            self.send_header("Content-Length", str(len(body)))
            if reply.location:
                self.send_header("Location", reply.location)
            if reply.policy:
                self.send_header("Content-Security-Policy", reply.policy)
            if reply.cookie:
                self.send_header("Set-Cookie", f"s={reply.cookie}; Path=/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.at = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
