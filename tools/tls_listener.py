"""TLS in front of a provider for the probe: a certificate authority of its own, and a forwarder.

Whoever is behind it gets the bytes as they were sent: no header is added, none is taken out.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.demo_installation import write_privately

LONGEST_READ = 1 << 16


@dataclass(frozen=True)
class Listener:
    """Where TLS is spoken, where it leads, and the certificates for that."""

    port: int
    behind: int
    folder: Path

    @property
    def issuer(self) -> str:
        """The issuer of the provider behind it."""
        return f"https://localhost:{self.port}/"

    @property
    def authority(self) -> Path:
        """The certificate of the authority, for whoever connects."""
        return self.folder / "authority.pem"

    @property
    def chain(self) -> Path:
        """The listener's key and certificate."""
        return self.folder / "listener.pem"


def prepare(folder: Path) -> Listener:
    """Make an authority and a certificate in `folder`, and choose the ports."""
    listener = Listener(free_port(), free_port(), folder)
    key, authority = _certificate("Onepass probe authority", None)
    own_key, own = _certificate("localhost", (key, authority))
    pem = own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_privately(listener.authority, authority.public_bytes(Encoding.PEM).decode())
    write_privately(listener.chain, (pem + own.public_bytes(Encoding.PEM)).decode())
    ports = {"port": listener.port, "behind": listener.behind}
    write_privately(folder / "ports.json", json.dumps(ports))
    return listener


def prepared(folder: Path) -> Listener | None:
    """What `prepare` left in `folder`, if it was there."""
    file = folder / "ports.json"
    return Listener(**json.loads(file.read_text()), folder=folder) if file.is_file() else None


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


_Issued = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _certificate(name: str, authority: _Issued | None) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, issuer = (key, subject) if authority is None else (authority[0], authority[1].subject)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.BasicConstraints(authority is None, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_usage(authority is None), critical=True)
    )
    if authority is not None:
        names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(server, critical=False)
    return key, builder.sign(signer, hashes.SHA256())


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@contextmanager
def forwarding(listener: Listener) -> Iterator[None]:
    """Speak TLS on the listener's port, and hand everything on, until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(listener.chain)
    loop = asyncio.new_event_loop()

    async def hand_on(inside: asyncio.StreamReader, outside: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", listener.behind)
            await asyncio.gather(_pump(inside, back), _pump(there, outside))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(hand_on, "127.0.0.1", listener.port, ssl=context)

    async def break_off() -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    # In its own thread from beginning to end: the caller may be inside a loop of its own.
    loop.set_exception_handler(lambda *_: None)  # connections break off as clients like
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(server.close)
            asyncio.run_coroutine_threadsafe(break_off(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while some := await source.read(LONGEST_READ):
            sink.write(some)
            await sink.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            sink.close()
