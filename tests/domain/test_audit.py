"""The catalogue of facts is complete and careful, and recording reads nothing."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import orjson
import pytest
import sqlalchemy as sa

import idp
from idp.domain import audit, fact_catalogue, hot_path
from idp.domain.audit_entries import AuditEntry, entry_bytes
from tests.domain.conftest import Installation

PERSONAL = ("email", "address", "password", "secret", "token", "code", "ip", "name", "phone")


def example(kind: type[audit.Fact]) -> audit.Fact:
    values: dict[str, object] = {}
    for name, hint in get_type_hints(kind).items():
        if hint is int:
            values[name] = 7
        elif hint is bool:
            values[name] = True
        elif hint == tuple[str, ...]:
            values[name] = ("sub",)
        else:
            values[name] = f"the-{name}"
    return kind(**values)


@pytest.mark.parametrize("name", audit.FACTS)
def test_every_fact_is_frozen_named_in_the_past_and_free_of_personal_data(name: str) -> None:
    kind = audit.FACTS[name]
    fact = example(kind)
    assert kind.__doc__
    assert audit.name_of(kind) == audit.name_of(fact) == name
    assert name == name.lower()
    assert len(name) <= 64
    assert not [field.name for field in fields(kind) if field.name in PERSONAL]
    with pytest.raises(AttributeError):
        fact.account_id = "other"  # type: ignore[attr-defined]
    detail = orjson.loads(audit.detail_text(fact))
    assert not set(detail) & set(audit.FACT_COLUMNS)
    assert set(detail) <= {field.name for field in fields(kind)}


def test_every_class_of_the_catalogue_is_in_it() -> None:
    classes = [
        thing
        for module in fact_catalogue.MODULES
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, audit.Fact) and thing is not audit.Fact
    ]
    assert set(classes) == set(audit.FACTS.values())
    assert audit.FACTS["code_issued"] is audit.CodeIssued


def test_every_fact_of_the_catalogue_is_recorded_somewhere() -> None:
    root = Path(idp.__file__).parent
    catalogue = {Path(str(module.__file__)) for module in fact_catalogue.MODULES}
    sources = [path for path in root.rglob("*.py") if path not in catalogue]
    text = "\n".join(path.read_text() for path in sources)
    statements = Path(hot_path.__file__).read_text()
    unused = [
        name
        for name, kind in audit.FACTS.items()
        if f"{kind.__name__}(" not in text and not re.search(rf"[\"']{name}\b", statements)
    ]
    assert not unused


def test_a_fact_without_other_fields_has_an_empty_detail() -> None:
    assert audit.detail_text(audit.AccountCreated(account_id="a")) == "{}"


def test_recording_is_one_insert_and_no_read(bare: Installation) -> None:
    statements: list[str] = []
    sa.event.listen(
        bare.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )
    with bare.session() as session:
        audit.record(
            session,
            audit.SignedOut(account_id="acc", sid="sid", because="asked"),
            now=bare.clock.now(),
            journey_id="j",
            request_id="r",
        )
        session.commit()
        assert [line.split()[0] for line in statements] == ["INSERT"]
        assert "RETURNING" not in statements[0]
        (entry,) = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.at, entry.fact) == (bare.clock.now(), "signed_out")
    assert (entry.account_id, entry.sid, entry.client_id) == ("acc", "sid", None)
    assert (entry.journey_id, entry.request_id) == ("j", "r")
    assert entry.detail == '{"because":"asked"}'


def test_a_fact_goes_with_the_transaction_that_made_it_true(bare: Installation) -> None:
    with bare.session() as session:
        audit.record(session, audit.AccountCreated(account_id="a"), now=1)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


def test_the_bytes_of_an_entry_are_canonical() -> None:
    entry = AuditEntry(at=5, fact="code_issued", account_id="a", detail="{}")
    assert entry_bytes(entry) == (
        b'{"account_id":"a","at":5,"client_id":null,"detail":"{}","fact":"code_issued",'
        b'"grant_id":null,"journey_id":null,"request_id":null,"sid":null}'
    )
