"""The hot path: a signed-in citizen opens a service. Every statement it makes is in this module.

    authorize   one read of the session's facts; Python decides; one write of grant and audit
    token       one statement: assertion used, code claimed, audit written, facts read
    userinfo    one statement: facts read (an identity's too, if the grant gives one), audit written

On PostgreSQL a writing CTE makes each of them a single statement, which is its own transaction.
SQLite has no writing CTE: there the same rules are a few statements between BEGIN IMMEDIATE and
COMMIT, with writers queueing at a file lock instead of sleeping at the database's.

The statements go straight to the driver, prepared, on a connection of SQLAlchemy's pool that
commits by itself: half the processor time of the same through a session. A session must never
write in a request that writes here (SQLite would lock itself out).

What makes a grant live is written once, in `_LIVE`: not revoked, its session not ended, its
account active. The rows claimed and inserted repeat the conditions that were read, so that a
sign-out between two statements leaves nothing behind that works.
"""

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import OperationalError

from idp.domain import terms
from idp.domain.prepared import Statement
from idp.protocol.session_facts import SessionFacts

Parameters = Mapping[str, Any]

_UNAVAILABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    # A standby, or a server that was set read-only in an emergency.
    psycopg.errors.ReadOnlySqlTransaction,
)


class SeenSession(NamedTuple):
    """A live session's facts, and when its use was last written down."""

    facts: SessionFacts
    last_seen_at: int


@dataclass(frozen=True, slots=True)
class NewGrant:
    """What is stored when a code is issued; `code_hash` is SHA-256 of the code.

    `claims` is a JSON list of identity claims, None when none is given.
    """

    id: str
    account_id: str
    sid: str
    client_id: str
    subject: str
    code_hash: str
    code_expires_at: int
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    scope: str
    level: str
    session_level: str
    amr: str
    auth_time: int
    created_at: int
    journey_id: str | None
    request_id: str | None
    claims: str | None = None
    confidence: str | None = None
    proof_id: str | None = None
    return_codes: str | None = None


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a token request claims a code with. `challenge` is worked out from the verifier."""

    code_hash: str
    client_id: str
    redirect_uri: str
    challenge: str | None
    jti_hash: str | None
    jti_expires_at: int
    now: int
    access_expires_at: int
    request_id: str | None


class Redeemed(NamedTuple):
    """The row that was claimed, and which of its conditions held."""

    grant_id: str
    account_id: str
    sid: str
    subject: str
    nonce: str | None
    scope: str
    level: str
    session_level: str
    amr: str
    auth_time: int
    claims: str | None
    live: bool
    redirect_uri_matches: bool
    challenge_matches: bool


class Released(NamedTuple):
    """What UserInfo needs of a live grant; the last five are None unless it gives an identity."""

    account_id: str
    subject: str
    scope: str
    email: str
    claims: str | None
    confidence: str | None
    return_codes: str | None
    proof_id: str | None
    facts_sealed: str | None


_LIVE = "g.revoked_at IS NULL AND s.ended_at IS NULL AND a.state = 'active'"
_GRANT_COLUMNS = (
    "id, account_id, sid, client_id, subject, code_hash, code_expires_at, redirect_uri, "
    "code_challenge, nonce, scope, level, session_level, amr, auth_time, created_at, "
    "claims, confidence, proof_id, return_codes"
)
_AUDIT = (
    "INSERT INTO audit_entries "
    "(at, fact, account_id, client_id, sid, grant_id, journey_id, request_id, detail)"
)
_FACTS = """
SELECT s.sid, s.account_id, a.state, s.level, s.amr, s.auth_time, s.password_at, s.otp_at,
       a.email, a.subject_salt, s.last_seen_at, a.reset_because,
       a.terms_version, a.passkey_offered_at IS NOT NULL OR a.password_reset_at > {reset_after}
FROM browser_sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.cookie_hash = {cookie_hash} AND s.ended_at IS NULL
  AND s.last_seen_at > {seen_after} AND s.started_at > {started_after}
"""
# A proof that another one has replaced is gone, and with it what it would have told.
_USERINFO = f"""
SELECT g.account_id, g.subject, g.scope, a.email, g.claims, g.confidence, g.return_codes,
       g.proof_id, i.facts_sealed, g.sid
FROM grants g JOIN accounts a ON a.id = g.account_id JOIN browser_sessions s ON s.sid = g.sid
LEFT JOIN identities i ON i.id = g.proof_id AND i.account_id = g.account_id
WHERE g.id = {{grant_id}} AND g.client_id = {{client_id}} AND g.access_expires_at > {{now}}
  AND {_LIVE} AND (g.proof_id IS NULL OR i.id IS NOT NULL)
"""
_INSERT_GRANT = f"""
INSERT INTO grants ({_GRANT_COLUMNS})
SELECT {{id}}, {{account_id}}, {{sid}}, {{client_id}}, {{subject}}, {{code_hash}},
       {{code_expires_at}}, {{redirect_uri}}, {{code_challenge}}, {{nonce}}, {{scope}}, {{level}},
       {{session_level}}, {{amr}}, {{auth_time}}, {{created_at}}, {{claims}}, {{confidence}},
       {{proof_id}}, {{return_codes}}
FROM browser_sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.sid = {{sid}} AND s.ended_at IS NULL AND a.state = 'active'
RETURNING id
"""

_BIGINTS = frozenset(
    {"now", "seen_after", "started_after", "reset_after", "code_expires_at", "auth_time",
     "created_at", "jti_expires_at", "access_expires_at"}
)  # fmt: skip


class _NamedParameters(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f":{name}"


class _AsNamed(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _postgresql(name: str, statement: str) -> Statement:
    return Statement(f"hot_{name}", statement.format_map(_AsNamed()), _BIGINTS)


def _sqlite(statement: str) -> str:
    return statement.format_map(_NamedParameters())


class HotPath:
    """The three steps above on one engine; one for each process.

    Database faults come out as SQLAlchemy's OperationalError, as they do everywhere else.
    """

    def __init__(self, engine: Engine) -> None:
        self._steps: _PostgresqlSteps | _SqliteSteps
        if engine.dialect.name == "postgresql":
            self._steps = _PostgresqlSteps(engine)
        else:
            self._steps = _SqliteSteps(engine)

    def session(
        self, cookie_hash: str, *, seen_after: int, started_after: int, reset_after: int
    ) -> SeenSession | None:
        """Return the live session behind a cookie, last seen and started after these times.

        Nobody is offered a passkey who reset their password after `reset_after` (`holds`).
        """
        row = self._steps.session(
            {
                "cookie_hash": cookie_hash,
                "seen_after": seen_after,
                "started_after": started_after,
                "reset_after": reset_after,
            }
        )
        if row is None:
            return None
        sid, account_id, state, level, amr, auth_time, password_at, otp_at, email, salt, seen = row[
            :11
        ]
        reset_because, terms_version, passkey_offered = row[11:]
        facts = SessionFacts(
            sid=sid,
            account_id=account_id,
            account_state=state,
            level=level,
            amr=tuple(amr.split()),
            auth_time=auth_time,
            password_at=password_at,
            otp_at=otp_at,
            email=email,
            subject_salt=salt,
            reset_because=reset_because,
            terms_agreed=terms_version >= terms.CURRENT.version,
            passkey_offered=bool(passkey_offered),
        )
        return SeenSession(facts, seen)

    def issue(self, grant: NewGrant) -> bool:
        """Store a grant with its code; False if the session or account had ended meanwhile."""
        return self._steps.issue({name: getattr(grant, name) for name in NewGrant.__slots__})

    def redeem(self, redemption: Redemption) -> tuple[bool, Redeemed | None]:
        """Claim a code: (the assertion was new, the claimed row or None).

        With a used assertion nothing is claimed. The code of a claimed row is used up whatever
        its conditions say.
        """
        return self._steps.redeem(
            {name: getattr(redemption, name) for name in Redemption.__slots__}
        )

    def release(
        self,
        *,
        grant_id: str,
        client_id: str,
        now: int,
        request_id: str | None,
        claims: str | None = None,
    ) -> Released | None:
        """Return what UserInfo may tell of a live grant, recording that it was told.

        `claims` is a JSON list of the identity claims that will be told, for the record.
        """
        row = self._steps.release(
            {
                "grant_id": grant_id,
                "client_id": client_id,
                "now": now,
                "request_id": request_id,
                "claims": claims,
            }
        )
        return None if row is None else Released(*row[:-1])


def _connected(engine: Engine) -> PoolProxiedConnection:
    """A connection of the pool. The pool lets the driver's own fault through; this does not."""
    try:
        return engine.raw_connection()
    except (psycopg.Error, sqlite3.Error) as error:
        raise OperationalError("hot path", None, error) from error


class _PostgresqlSteps:
    _SESSION = _postgresql("session", _FACTS)
    _ISSUE = _postgresql(
        "issue",
        f"""
WITH issued AS ({_INSERT_GRANT}),
     recorded AS ({_AUDIT}
       SELECT {{created_at}}, 'code_issued', {{account_id}}, {{client_id}}, {{sid}}, id,
              {{journey_id}}, {{request_id}}, '{{{{}}}}' FROM issued)
SELECT id FROM issued
""",
    )
    _REDEEM = _postgresql(
        "redeem",
        f"""
WITH used AS (
       INSERT INTO assertion_uses (client_id, jti_hash, expires_at)
       SELECT {{client_id}}, {{jti_hash}}, {{jti_expires_at}} WHERE {{jti_hash}} IS NOT NULL
       ON CONFLICT DO NOTHING RETURNING 1),
     assertion AS (SELECT {{jti_hash}} IS NULL OR EXISTS (SELECT 1 FROM used) AS is_new),
     claimed AS (
       UPDATE grants g SET code_consumed_at = {{now}}, access_expires_at = {{access_expires_at}}
       FROM accounts a, browser_sessions s, assertion
       WHERE g.code_hash = {{code_hash}} AND g.client_id = {{client_id}}
         AND g.code_consumed_at IS NULL AND assertion.is_new
         AND a.id = g.account_id AND s.sid = g.sid
       RETURNING g.id, g.account_id, g.sid, g.subject, g.nonce, g.scope, g.level,
                 g.session_level, g.amr, g.auth_time, g.claims,
                 ({_LIVE} AND g.code_expires_at > {{now}}) AS live,
                 g.redirect_uri = {{redirect_uri}} AS redirect_uri_matches,
                 g.code_challenge IS NOT DISTINCT FROM {{challenge}} AS challenge_matches),
     recorded AS ({_AUDIT}
       SELECT {{now}},
              CASE WHEN live AND redirect_uri_matches AND challenge_matches
                   THEN 'tokens_issued' ELSE 'code_refused' END,
              account_id, {{client_id}}, sid, id, NULL, {{request_id}},
              CASE WHEN NOT live THEN '{{{{"reason":"not live"}}}}'
                   WHEN NOT redirect_uri_matches THEN '{{{{"reason":"redirect_uri"}}}}'
                   WHEN NOT challenge_matches THEN '{{{{"reason":"pkce"}}}}'
                   ELSE '{{{{}}}}' END
       FROM claimed)
SELECT assertion.is_new, claimed.* FROM assertion LEFT JOIN claimed ON true
""",
    )
    _RELEASE = _postgresql(
        "release",
        f"""
WITH live AS ({_USERINFO}),
     recorded AS ({_AUDIT}
       SELECT {{now}}, 'claims_released', account_id, {{client_id}}, sid, {{grant_id}}, NULL,
              {{request_id}}, coalesce('{{{{"claims":' || {{claims}} || '}}}}', '{{{{}}}}')
       FROM live)
SELECT * FROM live
""",
    )

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def session(self, parameters: Parameters) -> Any:
        return self._one(self._SESSION, parameters)

    def issue(self, parameters: Parameters) -> bool:
        try:
            return self._one(self._ISSUE, parameters) is not None
        except psycopg.errors.ForeignKeyViolation:
            # The account was being deleted: it was still to be read, and is gone by now.
            return False

    def redeem(self, parameters: Parameters) -> tuple[bool, Redeemed | None]:
        row = self._one(self._REDEEM, parameters)
        return row[0], None if row[1] is None else Redeemed(*row[1:])

    def release(self, parameters: Parameters) -> Any:
        return self._one(self._RELEASE, parameters)

    def _one(self, statement: Statement, parameters: Parameters) -> Any:
        pooled = _connected(self._engine)
        try:
            return statement.one(pooled, parameters)
        except _UNAVAILABLE as error:
            pooled.invalidate(error)
            # One broken connection means the server went away: none of the pool's is good.
            self._engine.dispose()
            raise OperationalError("hot path", None, error) from error
        finally:
            pooled.close()


def _naming(claims: str | None) -> str:
    return "{}" if claims is None else f'{{"claims":{claims}}}'


class _SqliteSteps:
    _SESSION = _sqlite(_FACTS)
    _INSERT_GRANT = _sqlite(_INSERT_GRANT)
    _CODE_ISSUED = _sqlite(
        f"{_AUDIT} VALUES ({{created_at}}, 'code_issued', {{account_id}}, {{client_id}}, {{sid}}, "
        "{id}, {journey_id}, {request_id}, '{{}}')"
    )
    _USE_ASSERTION = _sqlite(
        "INSERT INTO assertion_uses (client_id, jti_hash, expires_at) "
        "VALUES ({client_id}, {jti_hash}, {jti_expires_at}) ON CONFLICT DO NOTHING RETURNING 1"
    )
    # Not `revoked_at IS NULL`: in RETURNING after an UPDATE, SQLite 3.40 answers that with false.
    _CLAIM = _sqlite(
        """
UPDATE grants SET code_consumed_at = {now}, access_expires_at = {access_expires_at}
WHERE code_hash = {code_hash} AND client_id = {client_id} AND code_consumed_at IS NULL
RETURNING id, account_id, sid, subject, nonce, scope, level, session_level, amr, auth_time, claims,
  code_expires_at > {now} AND coalesce(revoked_at, 0) = 0 AND EXISTS (
    SELECT 1 FROM accounts a, browser_sessions s
    WHERE a.id = grants.account_id AND s.sid = grants.sid
      AND s.ended_at IS NULL AND a.state = 'active'),
  redirect_uri = {redirect_uri}, code_challenge IS {challenge}
"""
    )
    _REDEEMED = _sqlite(
        f"{_AUDIT} VALUES ({{now}}, {{fact}}, {{account_id}}, {{client_id}}, {{sid}}, "
        "{grant_id}, NULL, {request_id}, {detail})"
    )
    _RELEASE = _sqlite(_USERINFO)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock_path = Path(f"{engine.url.database}.write-lock")

    def session(self, parameters: Parameters) -> Any:
        with self._connection() as connection:
            return connection.execute(self._SESSION, parameters).fetchone()

    def issue(self, parameters: Parameters) -> bool:
        with self._writing() as connection:
            issued: Any = connection.execute(self._INSERT_GRANT, parameters).fetchone()
            if issued is not None:
                connection.execute(self._CODE_ISSUED, parameters)
            return issued is not None

    def redeem(self, parameters: Parameters) -> tuple[bool, Redeemed | None]:
        with self._writing() as connection:
            if parameters["jti_hash"] is not None:
                used = connection.execute(self._USE_ASSERTION, parameters).fetchone()
                if used is None:
                    return False, None
            row = connection.execute(self._CLAIM, parameters).fetchone()
            if row is None:
                return True, None
            redeemed = Redeemed(*row[:11], *(bool(flag) for flag in row[11:]))
            connection.execute(self._REDEEMED, self._audit_of(redeemed, parameters))
            return True, redeemed

    @staticmethod
    def _audit_of(redeemed: Redeemed, parameters: Parameters) -> Parameters:
        reason = (
            ("" if redeemed.challenge_matches else "pkce")
            if redeemed.redirect_uri_matches
            else "redirect_uri"
        )
        reason = reason if redeemed.live else "not live"
        return {
            "now": parameters["now"],
            "fact": "code_refused" if reason else "tokens_issued",
            "account_id": redeemed.account_id,
            "client_id": parameters["client_id"],
            "sid": redeemed.sid,
            "grant_id": redeemed.grant_id,
            "request_id": parameters["request_id"],
            "detail": f'{{"reason":"{reason}"}}' if reason else "{}",
        }

    def release(self, parameters: Parameters) -> Any:
        with self._connection() as connection:
            row = connection.execute(self._RELEASE, parameters).fetchone()
        if row is None:
            return None
        with self._writing() as connection:
            connection.execute(
                self._REDEEMED,
                {
                    **parameters,
                    "fact": "claims_released",
                    "account_id": row[0],
                    "sid": row[-1],
                    "detail": _naming(parameters["claims"]),
                },
            )
        return row

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        pooled = _connected(self._engine)
        try:
            yield pooled.driver_connection
        except sqlite3.OperationalError as error:
            raise OperationalError("hot path", None, error) from error
        finally:
            pooled.close()

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        # Opened for each write and closed after it, which also gives the lock back.
        with self._connection() as connection, self._lock_path.open("wb", buffering=0) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
