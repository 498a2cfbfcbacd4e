"""Passkeys (WebAuthn level 3): key pairs that stand for password and code together.

Only ones that show the person to be there and to be themselves (user verification), and that are
found without an address (discoverable credentials). The `webauthn` library reads and verifies what
authenticators answer; here is what is asked of them, and what is kept.
"""

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    String,
    Text,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import options_to_json, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from idp.domain import accounts, passkey_challenges
from idp.domain.accounts import Account
from idp.domain.authenticator_apps import AuthenticatorApp
from idp.domain.passkey_challenges import LIFETIME, Asked
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

RP_NAME: Final = "Onepass"
MOST: Final = 10
"""Passkeys of one account."""
LONGEST_ID: Final = 1023
"""Bytes of a credential's id (section 7.1, step 25)."""
_FORMATS: Final = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
"""No attestation is asked for; some authenticators sign their own all the same."""


class Passkey(Base):
    """A public key, whose private half an authenticator of the account's owner keeps."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    device: Mapped[str] = mapped_column(String(256))
    synced: Mapped[bool] = mapped_column(Boolean)
    backed_up: Mapped[bool] = mapped_column(Boolean)
    added_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)


class Refused(Exception):
    """The answer does not count. `because` is a word for the audit record, no text from outside."""

    def __init__(self, because: str, account_id: str | None = None) -> None:
        super().__init__(because)
        self.because = because
        self.account_id = account_id


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who an authenticator is asked by (WebAuthn section 5.1): our host, and our exact origin."""

    id: str
    origin: str

    @classmethod
    def of(cls, services: Services) -> "RelyingParty":
        """Return what the issuer's address says."""
        parts = urlsplit(services.settings.issuer)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def of_account(session: Session, account_id: str) -> list[Passkey]:
    """Return the account's passkeys, oldest first."""
    mine = select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)
    return list(session.scalars(mine.execution_options(populate_existing=True)))


def options_to_add(session: Session, services: Services, account: Account, asked: Asked) -> str:
    """Return what `navigator.credentials.create` needs, as JSON; its challenge is kept."""
    options = webauthn.generate_registration_options(
        rp_id=RelyingParty.of(services).id,
        rp_name=RP_NAME,
        user_id=account.id.encode(),
        user_name=account.email,
        challenge=passkey_challenges.ask(session, services, asked),
        timeout=LIFETIME * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(session, account.id),
    )
    return options_to_json(options)


def options_to_use(session: Session, services: Services, asked: Asked) -> str:
    """Return what `navigator.credentials.get` needs, as JSON; its challenge is kept.

    Where somebody is known, only their passkeys are asked for; otherwise none is named.
    """
    options = webauthn.generate_authentication_options(
        rp_id=RelyingParty.of(services).id,
        challenge=passkey_challenges.ask(session, services, asked),
        timeout=LIFETIME * 1000,
        allow_credentials=_descriptors(session, asked.account_id) if asked.account_id else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def add(
    session: Session,
    services: Services,
    account: Account,
    asked: Asked,
    answer: str,
    *,
    device: str,
) -> Passkey:
    """Keep the passkey that a browser has made for `account`, which is open. Raises Refused.

    Whoever has one is never offered one again.
    """
    party, challenge = RelyingParty.of(services), _challenge(session, services, asked, answer)
    verified = _verified_addition(party, challenge, answer)
    now = services.clock.now()
    # Takes the account's row, so that additions of one account stand in line to be counted.
    if not accounts.passkey_was_offered(session, account.id, now):
        raise Refused("account_state", account.id)
    if len(of_account(session, account.id)) >= MOST:
        raise Refused("too_many", account.id)
    synced = verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    passkey_id = session.scalar(
        insert(Passkey)
        .values(
            id=services.entropy.identifier(),
            account_id=account.id,
            credential_id=_encoded(verified.credential_id),
            public_key=_encoded(verified.credential_public_key),
            sign_count=verified.sign_count,
            device=device[:256],
            synced=synced,
            backed_up=verified.credential_backed_up,
            added_at=now,
        )
        .on_conflict_do_nothing(index_elements=["credential_id"])
        .returning(Passkey.id)
    )
    if passkey_id is None:
        raise Refused("known", account.id)
    return session.get_one(Passkey, passkey_id)


def use(session: Session, services: Services, asked: Asked, answer: str) -> Passkey:
    """Return the passkey whose authenticator answered. Raises Refused.

    A count of signatures that does not rise is refused: there may be two of an authenticator that
    cannot be copied (WebAuthn section 6.1.1). One that counts nothing says 0 every time. Until this
    transaction ends, no other change of the account is made.
    """
    party, challenge = RelyingParty.of(services), _challenge(session, services, asked, answer)
    passkey = _named_by(session, asked, answer)
    verified = _verified_use(party, challenge, answer, passkey)
    count = verified.new_sign_count
    accounts.hold(session, passkey.account_id)
    rises = Passkey.sign_count < count if count else Passkey.sign_count == 0
    used = session.scalar(
        update(Passkey)
        .where(Passkey.id == passkey.id, rises)
        .values(
            sign_count=count,
            backed_up=verified.credential_backed_up,
            last_used_at=services.clock.now(),
        )
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise Refused("count", passkey.account_id)
    session.refresh(passkey)
    return passkey


def remove(session: Session, account_id: str, passkey_id: str) -> bool:
    """Forget a passkey of the account, if that leaves an authenticator app; one statement decides.

    False if it is not theirs or was removed already.
    """
    app = select(AuthenticatorApp.id).where(AuthenticatorApp.account_id == account_id)
    removed = session.scalar(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.account_id == account_id, app.exists())
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    return removed is not None


def remove_all(session: Session, account_id: str) -> int:
    """Forget every passkey of the account and return how many there were."""
    mine = delete(Passkey).where(Passkey.account_id == account_id).returning(Passkey.id)
    return len(session.scalars(mine.execution_options(synchronize_session=False)).all())


def _challenge(session: Session, services: Services, asked: Asked, answer: str) -> bytes:
    challenge = passkey_challenges.answered_by(answer)
    if not passkey_challenges.take(session, services, asked, challenge):
        raise Refused("challenge", asked.account_id)
    return challenge


def _named_by(session: Session, asked: Asked, answer: str) -> Passkey:
    """Return the passkey that the answer names, if it is one that was asked for."""
    try:
        credential = parse_authentication_credential_json(answer)
    except Exception as error:
        raise Refused("unreadable", asked.account_id) from error
    passkey = session.scalar(
        select(Passkey)
        .where(Passkey.credential_id == _encoded(credential.raw_id))
        .execution_options(populate_existing=True)
    )
    if passkey is None:
        raise Refused("unknown", asked.account_id)
    # Nobody named an account: the authenticator must, and the right one (section 7.2, step 6).
    handle = credential.response.user_handle
    wanted = asked.account_id or passkey.account_id
    named = handle == passkey.account_id.encode() or (handle is None and asked.account_id)
    if passkey.account_id != wanted or not named:
        raise Refused("account", asked.account_id)
    return passkey


def _verified_addition(party: RelyingParty, challenge: bytes, answer: str) -> VerifiedRegistration:
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception as error:
        raise Refused("response") from error
    if verified.fmt not in _FORMATS or len(verified.credential_id) > LONGEST_ID:
        raise Refused("response")
    return verified


def _verified_use(
    party: RelyingParty, challenge: bytes, answer: str, passkey: Passkey
) -> VerifiedAuthentication:
    try:
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=_decoded(passkey.public_key),
            credential_current_sign_count=0,  # judged where it is kept, in one statement
            require_user_verification=True,
        )
    except Exception as error:
        raise Refused("response", passkey.account_id) from error


def _descriptors(session: Session, account_id: str) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=_decoded(passkey.credential_id))
        for passkey in of_account(session, account_id)
    ]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
