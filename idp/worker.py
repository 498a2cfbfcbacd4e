"""The worker: what must happen after a commit, and what nobody waits for.

Any number may run. Each round writes the reminders that are due, delivers messages, seals the
audit record and sweeps expired rows in small batches. Nothing is delivered inside a transaction:
a message is leased, delivered, and then recorded.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from idp.domain import (
    audit,
    audit_checks,
    audit_log,
    clients,
    daily_counts,
    notices,
    notifiers,
    outbox,
    proof_reminders,
    recoveries,
    sweeping,
)
from idp.domain.key_files import KeyFileUnusable
from idp.domain.keyring import NoSigningKey
from idp.domain.outbox import Leased
from idp.domain.services import Services
from idp.kernel.fetching import FetchFailed, FetchRefused
from idp.kernel.mailing import MailFailed, MailRefused
from idp.protocol import id_token, subjects

log = structlog.get_logger(__name__)

PAUSE = 0.5
"""Seconds between two rounds that found nothing to do."""
SWEEP_EVERY = 60
REMIND_EVERY = 60
A_DAY = 86_400
DELIVERY_TIMEOUT = 15.0
"""Seconds a service has to answer a logout notice (only 200 counts), a mail server as well."""


class DeliveryFailed(Exception):
    """A message could not be delivered this time."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a delivery failed, and whether there is no sense in another try."""

    why: str
    for_good: bool = False


class Worker:
    """Does the work of one installation on one engine."""

    def __init__(self, services: Services, engine: Engine) -> None:
        self._services = services
        self._engine = engine
        self._registry = clients.ClientRegistry(services, lambda: Session(engine))
        self._notifier = notifiers.choose(services, engine)
        self._swept_at: int | None = None
        self._reminded_at: int | None = None
        self._proof: threading.Thread | None = None
        self._runs_on = False
        self._looked_for_old_at: int | None = None
        self._deliver: dict[str, Callable[[Leased], None]] = {
            notices.KIND: self._mail,
            "back_channel_logout": self._logout_notice,
        }

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a database that goes away is waited for."""
        self._runs_on = True
        while not stop.is_set():
            try:
                busy = self.run_once()
            except SQLAlchemyError as error:
                log.warning("database_unavailable", reason=type(error).__name__)
                busy = False
            if not busy:
                stop.wait(PAUSE)

    def run_once(self) -> int:
        """Do what is due now and return how many things that was."""
        done = self.remind() + self.deliver() + self.seal() + self.count() + self.sweep()
        if self._runs_on:
            self._verify_meanwhile()
        else:
            self.verify()
        return done

    def deliver(self) -> int:
        """Deliver every message that is due and return how many were tried."""
        clock = self._services.clock
        # Whoever waits for a slow server must not go on with messages whose lease has ended.
        until = clock.monotonic() + outbox.LEASE_SECONDS - DELIVERY_TIMEOUT
        with self._transaction() as session:
            leased = outbox.lease(session, self._services)
        for number, message in enumerate(leased):
            if clock.monotonic() > until:
                self._put_back(leased[number:])
                return number
            self._settle(message, self._attempt(message))
        return len(leased)

    def _put_back(self, messages: list[Leased]) -> None:
        now = self._services.clock.now()
        with self._transaction() as session:
            for message in messages:
                outbox.put_back(session, message, now)

    def seal(self) -> int:
        """Seal what has arrived in the audit record and return how many entries that was.

        A record that cannot grow must not keep mails and logout notices from being delivered.
        """
        try:
            with Session(self._engine) as session:
                return audit_log.seal_arrivals(session, self._services)
        except (audit_log.AuditLogBroken, NoSigningKey, KeyFileUnusable, OSError) as fault:
            log.warning("audit_not_sealed", reason=f"{type(fault).__name__}: {fault}")
            return 0

    def count(self) -> int:
        """Count what was sealed, and return how many entries that was."""
        with self._transaction() as session:
            return daily_counts.count_sealed(session)

    def _verify_meanwhile(self) -> None:
        """Prove the record as `verify` does, on a thread: a long one takes minutes."""
        if self._proof is not None and self._proof.is_alive():
            return
        with Session(self._engine) as session:
            if not audit_checks.due(session, self._services.clock.now()):
                return
        self._proof = threading.Thread(target=self.verify, name="proof of the record", daemon=True)
        self._proof.start()

    def verify(self) -> None:
        """Prove the audit record, if somebody asked or it is a day since the last time."""
        try:
            with Session(self._engine) as session:
                verdict = audit_checks.verify_if_due(session, self._services)
        except (SQLAlchemyError, NoSigningKey, KeyFileUnusable, OSError) as fault:
            log.warning("audit_not_verified", reason=type(fault).__name__)
            return
        if verdict is not None and verdict.broken is not None:
            log.error("audit_broken", log_index=verdict.broken.log_index)

    def sweep(self) -> int:
        """Delete expired rows, at most once a minute; return how many."""
        now = self._services.clock.now()
        if self._swept_at is not None and abs(now - self._swept_at) < SWEEP_EVERY:
            return 0
        self._swept_at = now
        return sweeping.sweep(self._engine, self._services)

    def remind(self) -> int:
        """Remind owners of recoveries under way, and teams of old secrets; at most once a minute.

        Returns how many were reminded.
        """
        now = self._services.clock.now()
        if self._reminded_at is not None and abs(now - self._reminded_at) < REMIND_EVERY:
            return 0
        self._reminded_at = now
        with self._transaction() as session:
            reminded = recoveries.remind(session, self._services)
        if self._looked_for_old_at is not None and now - self._looked_for_old_at < A_DAY:
            return reminded
        with self._transaction() as session:
            of_teams = proof_reminders.remind(session, self._services)
        # As many as fit into one batch: there may be more, which the next minute takes.
        if of_teams < proof_reminders.BATCH:
            self._looked_for_old_at = now
        return reminded + of_teams

    def _attempt(self, message: Leased) -> _Failure | None:
        """Deliver a message; return what went wrong, or None.

        A fault nobody thought of is this message's, not the worker's: the others go on. Only a
        database that is gone stops the round.
        """
        try:
            self._deliver[message.kind](message)
        except (DeliveryFailed, FetchFailed, FetchRefused, MailFailed, MailRefused) as error:
            return _Failure(f"{type(error).__name__}: {error}", isinstance(error, MailRefused))
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.exception("outbox_delivery_broke", id=message.id, kind=message.kind)
            return _Failure(type(error).__name__)
        return None

    def _settle(self, message: Leased, failure: _Failure | None) -> None:
        now = self._services.clock.now()
        why = failure.why if failure else None
        with self._transaction() as session:
            if failure is None:
                state = "delivered" if outbox.delivered(session, message, now) else "lost"
            else:
                state = outbox.failed(session, message, now, failure.why, for_good=failure.for_good)
            self._record(session, message, state, now)
        log.info("outbox_message", id=message.id, kind=message.kind, state=state, why=why)

    def _record(self, session: Session, message: Leased, state: str, now: int) -> None:
        if message.kind != "back_channel_logout" or state not in ("delivered", "dead"):
            return
        client_id, sid = message.payload["client_id"], message.payload["sid"]
        fact: audit.Fact = audit.LogoutNoticeDelivered(client_id=client_id, sid=sid)
        if state == "dead":
            fact = audit.LogoutNoticeFailed(client_id=client_id, sid=sid, attempts=message.tries)
        audit.record(session, fact, now=now)

    def _mail(self, message: Leased) -> None:
        now = self._services.clock.now()
        mail = notices.Mail.of(message.id, message.payload, now)
        if mail.to == notices.NOBODY:
            return
        if self._notifier is None:
            raise DeliveryFailed("no mail server is set up")
        if mail.worthless_at is not None and mail.worthless_at <= now:
            raise MailRefused("its code works no longer")
        self._notifier.deliver(mail)

    def _logout_notice(self, message: Leased) -> None:
        """Tell one service that a session ended (Back-Channel Logout 1.0), with a fresh token."""
        services, payload = self._services, message.payload
        registered = self._registry.find(payload["client_id"])
        if registered is None or not registered.policy.back_channel_logout_uri:
            return
        policy = registered.policy
        token = services.keyring.sign(
            id_token.logout_token_claims(
                policy,
                issuer=services.settings.issuer,
                subject=payload["subject"],
                sid=subjects.session_name(policy.client_id, payload["sid"]),
                token_id=services.entropy.short_token(),
                now=services.clock.now(),
            ),
            alg=id_token.LOGOUT_TOKEN_ALGORITHM,
            typ=id_token.LOGOUT_TOKEN_TYPE,
        )
        status = services.fetcher.post_form(
            str(policy.back_channel_logout_uri),
            {"logout_token": token},
            timeout=DELIVERY_TIMEOUT,
        )
        if status != 200:
            raise DeliveryFailed(f"the service answered {status}")

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._engine)


class _Transaction:
    """A session whose transaction is committed at the end and rolled back on an error."""

    def __init__(self, engine: Engine) -> None:
        self._session = Session(engine, expire_on_commit=False)

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._session.commit()
        finally:
            self._session.close()
