"""Where a service publishes its keys: a loopback server that answers as the test says."""

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.relying_party import PrivateKey


def jwk(key: PrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    """The public half of a key as a JWK (PyJWT makes it)."""
    public = (
        ECAlgorithm.to_jwk(key.public_key())
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else RSAAlgorithm.to_jwk(key.public_key())
    )
    made: dict[str, Any] = json.loads(public)
    return made | {"kid": kid, "use": "sig"} | more


class KeyServer:
    """Answers every GET with `status`, `headers` and `body`, and counts them in `visits`."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {"Content-Type": "application/json"}
        self.body = b'{"keys":[]}'
        self.visits: list[str] = []
        self.drip = 0.0
        """Seconds between two bytes of the body."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.visits.append(self.path)
                self.send_response(owner.status)
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(owner.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                owner._send(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                """Say nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self._host = host
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where the keys are."""
        return f"http://{self._host}:{self._server.server_port}/jwks.json"

    def publish(self, keys: Sequence[Mapping[str, Any]]) -> None:
        """Answer with these keys from now on."""
        self.status, self.body = 200, json.dumps({"keys": list(keys)}).encode()

    def _send(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            if not self.drip:
                handler.wfile.write(self.body)
                return
            for byte in self.body:
                handler.wfile.write(bytes([byte]))
                if self._ended.wait(self.drip):
                    return
        except OSError:
            pass  # the caller had heard enough

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
