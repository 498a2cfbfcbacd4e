"""The provider's devices without a browser."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from tests.auth_flows.faulty.answers import Asked, Reply, form, no
from tests.auth_flows.faulty.tokens import LIFE, Grant, Tokens

MOST_GUESSES = 20
WAITS = "authorization_pending"
FACTORS = ("email", "password", "code")


@dataclass
class Device:
    """A device that waits."""

    client: str
    user_code: str
    ends: float
    grant: Grant | None = None
    polled: float = -10
    done: bool = False


class Devices(Tokens):
    """Devices that wait for a citizen, and the page for their codes."""

    def __init__(self, clock: Path, key: str, *faults: str) -> None:
        super().__init__(clock, key, *faults)
        self.devices: dict[str, Device] = {}
        self.wrong = 0

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
