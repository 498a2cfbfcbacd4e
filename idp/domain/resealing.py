"""Rotating the sealing key: everything sealed is sealed anew under the key in use.

Owns: the list of sealed columns, with what each is sealed as.
Does not own: sealing (`idp.kernel.sealing`), or signing keys (`idp.domain.signing_keys`).
"""

from sqlalchemy import String, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from idp.domain import authenticator_apps, identities, provings, test_citizens
from idp.domain.authenticator_apps import AuthenticatorApp
from idp.domain.identities import Identity
from idp.domain.journeys import Journey
from idp.domain.outbox import OutboxMessage
from idp.domain.provings import Proving
from idp.domain.secrets import SealedSecret
from idp.domain.sessions import BrowserSession
from idp.domain.test_citizens import TestCitizen
from idp.kernel.sealing import Sealer

BATCH = 500

Column = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]

SEALED_COLUMNS: tuple[tuple[Column, InstrumentedAttribute[str], str], ...] = (
    (AuthenticatorApp.secret_sealed, AuthenticatorApp.id, "authenticator app seed"),
    (BrowserSession.app_secret_sealed, BrowserSession.sid, authenticator_apps.PROPOSAL),
    (Identity.facts_sealed, Identity.id, identities.PURPOSE),
    (Journey.app_secret_sealed, Journey.id, authenticator_apps.PROPOSAL),
    (OutboxMessage.payload_sealed, OutboxMessage.id, "outbox payload"),
    (Proving.result_sealed, Proving.journey_id, provings.PURPOSE),
    (TestCitizen.password_sealed, TestCitizen.id, test_citizens.PASSWORD),
    (TestCitizen.seed_sealed, TestCitizen.id, test_citizens.SEED),
    (SealedSecret.value_sealed, SealedSecret.name, "keyed hash"),
)
"""The column, the column that names its row, and the purpose it is sealed for."""


def reseal(session: Session, sealer: Sealer) -> int:
    """Seal every column anew that is not under the key in use; return how many values.

    A value that changes meanwhile is left as it is. Raises SealBroken for one that does not open.
    """
    return sum(
        _reseal_column(session, sealer, column, row, purpose)
        for column, row, purpose in SEALED_COLUMNS
    )


def _reseal_column(
    session: Session, sealer: Sealer, column: Column, row: InstrumentedAttribute[str], purpose: str
) -> int:
    count, after = 0, ""
    prefix = sealer.seal(b"", "prefix", "").rpartition(".")[0] + "."
    while True:
        found = session.execute(
            select(row, column)
            .where(row > literal(after, String), column.not_like(prefix + "%"))
            .order_by(row)
            .limit(BATCH)
        ).all()
        for name, sealed in found:
            fresh = sealer.seal(sealer.open(str(sealed), purpose, name), purpose, name)
            session.execute(
                update(column.class_)
                .where(row == name, column == sealed)
                .values({column.key: fresh})
                .execution_options(synchronize_session=False)
            )
            count += 1
        if len(found) < BATCH:
            return count
        after = found[-1][0]
