"""Attacks on clients that prove themselves by a certificate (RFC 8705)."""

import base64
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.auth_flows.attacks import attack
from tests.auth_flows.knocking import NOBODY
from tests.auth_flows.probe import TOKENS, Probe, got_tokens
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import Broken, NotTried
from tests.auth_flows.wire import Pairs

NAMES = (
    "X-SSL-Client-Cert", "SSL-Client-Cert", "X-SSL-Cert", "X-SSL-Certificate", "X-Client-Cert",
    "X-Client-Certificate", "X-TLS-Client-Cert", "X-TLS-Client-Certificate", "X-MTLS-Cert",
    "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert", "X-ARR-ClientCert",
    "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Leaf", "SSL_CLIENT_CERT", "Client-Cert",
)  # fmt: skip
"""Headers in which proxies of many makes pass a client's certificate on."""
VERIFIED = (
    "X-SSL-Client-Verify", "X-SSL-Client-Verified", "SSL-Client-Verify", "X-Client-Verify",
    "X-SSL-Verify", "SSL_CLIENT_VERIFY",
)  # fmt: skip
SUBJECT = ("X-SSL-Client-S-DN", "X-SSL-Client-DN", "SSL-Client-S-DN", "X-Client-DN")


def _with_certificate(probe: Probe) -> Client:
    for client in probe.target.special_clients:
        if client.certificate_file:
            return client
    raise NotTried("the target file names no client that shows a certificate (certificate_file)")


def _look_alike(real: x509.Certificate, issuer: x509.Name) -> tuple[x509.Certificate, bytes]:
    """A certificate that says the same of an attacker's key, signed by it; and both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateBuilder().subject_name(real.subject).issuer_name(issuer)
    made = made.public_key(key.public_key()).serial_number(real.serial_number)
    made = made.not_valid_before(real.not_valid_before_utc)
    made = made.not_valid_after(real.not_valid_after_utc)
    for extension in real.extensions:
        made = made.add_extension(extension.value, extension.critical)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signed = made.sign(key, SHA256())
    return signed, private + signed.public_bytes(Encoding.PEM)


def _headers(shown: x509.Certificate) -> Iterator[tuple[str, dict[str, str]]]:
    """Words and headers of one's own that bring a certificate, as this or that proxy writes it."""
    pem, der = shown.public_bytes(Encoding.PEM).decode(), shown.public_bytes(Encoding.DER)
    escaped, plain = quote(pem, safe=""), base64.b64encode(der).decode()
    subject, digest = shown.subject.rfc4514_string(), shown.fingerprint(SHA256()).hex()
    verified = dict.fromkeys(VERIFIED, "SUCCESS") | dict.fromkeys(SUBJECT, subject)
    yield "the words of a proxy that verified it", verified
    yield "Client-Cert as RFC 9440 writes it", verified | {"Client-Cert": f":{plain}:"}
    envoy = {"X-Forwarded-Client-Cert": f'Hash={digest};Cert="{escaped}";Subject="{subject}"'}
    yield "X-Forwarded-Client-Cert as Envoy writes it", verified | envoy
    for form, text in (
        ("as escaped PEM", escaped),
        ("as PEM in one line", " ".join(pem.split())),
        ("as base64", plain),
    ):
        for name in NAMES:
            yield f"{name} {form}", verified | {name: text}


@attack("CLIENT-12", fix="Take certificates from the connection, or a proxy that drops others.",
        left_out="tokens that are bound to a certificate")  # fmt: skip
def in_a_header(probe: Probe) -> None:
    client = _with_certificate(probe)
    probe.redeeming_works(client)
    real = x509.load_pem_x509_certificate(Path(client.certificate_file).read_bytes())
    false, _ = _look_alike(real, real.issuer)
    for url in dict.fromkeys((probe.endpoint("token_endpoint"), probe.token_endpoint(client))):
        grant = probe.grant(client)
        fields = [*probe.token_fields(grant), ("client_id", client.id)]
        _refused(probe, url, fields, {}, "no certificate")
        for whose, shown in (("its own", real), ("a look-alike's", false)):
            for words, headers in _headers(shown):
                _refused(probe, url, fields, headers, f"{whose} certificate in {words}")
        if url.startswith("https:"):
            _look_alikes(probe, url, fields, real)
        answer = probe.redeem(grant)
        probe.works(got_tokens(answer), answer, "the same code with the right certificate")


def _look_alikes(probe: Probe, url: str, fields: Pairs, real: x509.Certificate) -> None:
    """A connection with a certificate that no authority gave gets nothing."""
    for words, issuer in (("itself", real.subject), ("the right authority", real.issuer)):
        _, pem = _look_alike(real, issuer)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(pem)
            file.flush()
            tried = f"a look-alike's certificate that names {words} as its issuer"
            _refused(probe, url, fields, {}, tried, file.name)


def _refused(
    probe: Probe, url: str, fields: Pairs, headers: Mapping[str, str], tried: str, file: str = ""
) -> None:
    """A good code gets nothing so; a provider may also end a connection with a bad certificate."""
    wire = probe.ground.wire
    try:
        answer = wire.form(url, fields, headers, certificate=file)
    except Broken as ended:
        if not file:
            raise
        answer = wire.note(url, "a connection with a certificate", 0, str(ended))
        probe.expect(True, answer, tried=tried, wanted="no token")
        return
    wire.masker.learn(*(str(answer.json.get(name, "")) for name in TOKENS))
    probe.token_refused(answer, NOBODY, f"{tried}, at {url}")
