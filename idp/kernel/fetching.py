"""Outbound HTTP: the only door through which this program calls addresses it was given.

A registered address is chosen by a stranger, so the rules are strict: https to public addresses
only, unless the operator's egress list names host and port; the address is looked up once and
the connection goes to what was looked up (a name that changes its mind gains nothing); no
redirects; a limit on bytes, and one on seconds that looking the name up counts towards. Never
called inside a database transaction.
"""

import ipaddress
import json
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from idp.kernel.deadlines import Deadline
from idp.kernel.public_addresses import is_public

_CHUNK_BYTES = 8192


class Fault(StrEnum):
    """What kept an answer from being had, for whoever registered the address."""

    ADDRESS = "address"
    NOT_HTTPS = "not_https"
    NOT_PUBLIC = "not_public"
    NAME = "name"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    STATUS = "status"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"


class FetchRefused(Exception):
    """The address may not be called from here."""

    def __init__(self, words: str, fault: Fault = Fault.ADDRESS) -> None:
        super().__init__(words)
        self.fault = fault


class FetchFailed(Exception):
    """The address was called and gave no usable answer."""

    def __init__(self, words: str, fault: Fault = Fault.CONNECTION) -> None:
        super().__init__(words)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer as it came, whatever its status."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    host: str
    port: int
    address: str


class _PinnedAdapter(HTTPAdapter):
    """Connects to the address that was checked, under the name that was asked for."""

    def __init__(self, target: _Target, deadline: Deadline) -> None:
        self._target = target
        self._deadline = deadline
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> Any:
        secure = (request.url or "").startswith("https:")
        pool_options: dict[str, Any] = {}
        if secure:
            _, tls_options = self.build_connection_pool_key_attributes(
                request, verify if verify is not None else True, cert
            )
            pool_options = {
                **tls_options,
                "assert_hostname": self._target.host,
                "server_hostname": self._target.host,
            }
        pool = self.poolmanager.connection_from_host(
            host=self._target.address,
            port=self._target.port,
            scheme="https" if secure else "http",
            pool_kwargs=pool_options or None,
        )
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._deadline)
        return pool


def _watched(kind: Any, deadline: Deadline) -> Any:
    """Return a class of connection that tells `deadline` when it is open."""

    class Watched(kind):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    return Watched


class Fetcher:
    """Calls registered addresses under the rules above.

    `egress_allow` holds `host:port` entries (port may be `*`) that may also be http, private or
    loopback. `ca_file` names the authorities trusted for https instead of the public ones, for
    an installation whose services have certificates of an authority of their own.
    """

    def __init__(self, egress_allow: frozenset[str], ca_file: Path | None = None) -> None:
        self._allow = egress_allow
        self._ca_file = ca_file

    def get_json(self, url: str, *, max_bytes: int = 65_536, timeout: float = 5.0) -> Any:
        """Return the JSON at `url`.

        `timeout` is seconds from looking the name up to the answer's end, `max_bytes` bounds
        the answer's body. Raises
        FetchRefused where the address may not be called, FetchFailed for everything that then
        goes wrong (not 200, too slow, too large, not JSON, a redirect).
        """
        answer = self.look(url, max_bytes=max_bytes, timeout=timeout)
        if answer.status != 200:
            raise FetchFailed(f"the answer has status {answer.status}", Fault.STATUS)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise FetchFailed("the answer is not JSON", Fault.NOT_JSON) from error

    def look(self, url: str, *, max_bytes: int = 65_536, timeout: float = 5.0) -> Fetched:
        """Return what is at `url`, also when its status says that it is nothing.

        Limits and errors are those of `get_json`; redirects are not followed.
        """
        return self._call("GET", url, None, max_bytes, timeout)

    def post_form(self, url: str, data: Mapping[str, str], *, timeout: float = 15.0) -> int:
        """POST `data` as a form to `url` and return the status.

        `timeout` is seconds for the whole answer. Raises FetchRefused or FetchFailed as
        `get_json` does; any status is an answer here.
        """
        return self._call("POST", url, data, 65_536, timeout).status

    def _call(
        self, method: str, url: str, data: Mapping[str, str] | None, max_bytes: int, timeout: float
    ) -> Fetched:
        with requests.Session() as session, Deadline(timeout) as deadline:
            target = self._checked(url, deadline)
            session.trust_env = False
            # In its one spelling, or the session's own adapter would be found before this one.
            session.mount(f"{urlsplit(url).scheme}://", _PinnedAdapter(target, deadline))
            try:
                with session.request(
                    method,
                    url,
                    data=data,
                    timeout=(min(timeout, 5.0), timeout),
                    allow_redirects=False,
                    verify=str(self._ca_file) if self._ca_file else True,
                    stream=True,
                    headers={
                        # The connection is to an address; many services share one by their name.
                        "Host": urlsplit(url).netloc,
                        "User-Agent": "Onepass",
                        "Accept-Encoding": "identity",
                    },
                ) as response:
                    body = self._read(response, max_bytes, deadline)
            except (requests.RequestException, OSError, ValueError) as error:
                raise FetchFailed(type(error).__name__, _fault(error, deadline)) from error
        content_type = response.headers.get("Content-Type", "")
        return Fetched(response.status_code, content_type[:100], body)

    @staticmethod
    def _read(response: requests.Response, max_bytes: int, deadline: Deadline) -> bytes:
        body = b""
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > max_bytes:
                raise FetchFailed(f"the answer is longer than {max_bytes} bytes", Fault.TOO_LARGE)
        if deadline.passed:
            raise FetchFailed("the answer took too long", Fault.TOO_LONG)
        return body

    def _checked(self, url: str, deadline: Deadline) -> _Target:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise FetchRefused("the address cannot be read") from error
        if parts.scheme not in ("https", "http") or not host or "@" in parts.netloc:
            raise FetchRefused("the address is not a plain http or https address")
        port = port or (443 if parts.scheme == "https" else 80)
        allowed = bool({f"{host}:{port}", f"{host}:*"} & self._allow)
        if parts.scheme == "http" and not allowed:
            raise FetchRefused("the address is not https", Fault.NOT_HTTPS)
        addresses = _addresses(host, port, deadline.left())
        if not allowed and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
            raise FetchRefused("the address is not public", Fault.NOT_PUBLIC)
        return _Target(url, host, port, addresses[0])


def _fault(error: Exception, deadline: Deadline) -> Fault:
    if isinstance(error, requests.exceptions.SSLError):
        return Fault.CERTIFICATE
    late = deadline.passed or isinstance(error, requests.exceptions.Timeout)
    return Fault.TOO_LONG if late else Fault.CONNECTION


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """Look a name up, on a thread that is left behind when its time is over.

    Nothing else can put an end to it: the system's own resolver knows no deadline.
    """
    looked_up: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            looked_up.set_result([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:
            looked_up.set_exception(error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        return looked_up.result(seconds)
    except TimeoutError as error:
        raise FetchFailed("the name did not resolve in time", Fault.TOO_LONG) from error
    except (OSError, UnicodeError) as error:
        raise FetchFailed("the name does not resolve", Fault.NAME) from error
