"""One keep-alive HTTP/1.1 connection, without blocking and with next to no work per answer."""

import socket
from dataclasses import dataclass

_END_OF_HEAD = b"\r\n\r\n"


class ConnectionBroken(Exception):
    """The server closed the connection in the middle of an exchange, or spoke no HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: its status, its head as it came (first line included), its body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of this name (lower or upper case), or None."""
        marker = b"\r\n" + name.lower() + b":"
        at = self.head.lower().find(marker)
        if at < 0:
            return None
        start = at + len(marker)
        end = self.head.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else len(self.head)].strip()

    def cookies(self) -> dict[str, str]:
        """Return the cookies this answer sets, by name; attributes are left out."""
        found: dict[str, str] = {}
        for line in self.head.split(b"\r\n"):
            if line[:11].lower() == b"set-cookie:":
                name, _, value = line[11:].split(b";", 1)[0].strip().partition(b"=")
                found[name.decode()] = value.decode()
        return found


class Connection:
    """A client's end: `send` a request, then `receive` until it returns the answer."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        """Connect to this loopback port from this loopback address."""
        self._port = port
        self._source = source
        self._buffer = b""
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(
            ("127.0.0.1", self._port), timeout=10, source_address=(self._source, 0)
        )
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def reconnect(self) -> None:
        """Start over on a new socket; what had arrived is forgotten."""
        self.socket.close()
        self._buffer = b""
        self.socket = self._connect()

    def send(self, request: bytes) -> None:
        """Send one whole request; the bench's requests fit in any socket's buffer."""
        try:
            self.socket.sendall(request)
        except OSError as error:
            raise ConnectionBroken(str(error)) from error

    def receive(self) -> Answer | None:
        """Take what has arrived; the answer once it is whole, None before that."""
        try:
            chunk = self.socket.recv(65536)
        except OSError as error:
            raise ConnectionBroken(str(error)) from error
        if not chunk:
            raise ConnectionBroken("closed by the server")
        self._buffer = self._buffer + chunk if self._buffer else chunk
        return self._whole_answer()

    def exchange(self, request: bytes) -> Answer:
        """Send one request and wait for its answer."""
        self.send(request)
        while (answer := self.receive()) is None:
            pass
        return answer

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _whole_answer(self) -> Answer | None:
        head, found, rest = self._buffer.partition(_END_OF_HEAD)
        if not found:
            return None
        try:
            answer = Answer(int(head[9:12]), head, b"")
        except ValueError as error:
            raise ConnectionBroken("not an HTTP answer") from error
        length = answer.header(b"content-length")
        if length is not None:
            body = rest[: int(length)] if len(rest) >= int(length) else None
        elif (answer.header(b"transfer-encoding") or b"").lower() == b"chunked":
            body = _joined_chunks(rest)
        else:
            body = b""
        if body is None:
            return None
        self._buffer = b""
        return Answer(answer.status, head, body)


def _joined_chunks(data: bytes) -> bytes | None:
    """Return the body of a chunked answer, or None while its last chunk is missing."""
    if not data.endswith(b"0\r\n\r\n"):
        return None
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return body
        body, data = body + data[:length], data[length + 2 :]
