"""Departments, which own services."""

from sqlalchemy import BigInteger, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql


class Department(Base):
    """One department, with its name in both languages."""

    __tablename__ = "departments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    name_cy: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[int] = mapped_column(BigInteger)


def named(session: Session, services: Services, name: str) -> Department:
    """Return the department of this name, made if there is none."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    session.execute(
        insert(Department)
        .values(id=services.entropy.identifier(), name=name, created_at=services.clock.now())
        .on_conflict_do_nothing(index_elements=[Department.name])
    )
    return session.scalars(select(Department).where(Department.name == name)).one()


def all_departments(session: Session) -> list[Department]:
    """Return every department, by name."""
    return list(session.scalars(select(Department).order_by(Department.name)))
