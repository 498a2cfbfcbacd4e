"""Count what happened, let the record be searched, and keep what changed in registrations."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "daily_counts",
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "fact", "client_id", "reason"),
    )
    op.create_table(
        "counting_progress",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("next_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "audit_checks",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=True),
        sa.Column("checkpoints", sa.BigInteger(), nullable=True),
        sa.Column("file_checkpoints", sa.BigInteger(), nullable=True),
        sa.Column("unsealed", sa.Integer(), nullable=True),
        sa.Column("broken_at", sa.BigInteger(), nullable=True),
        sa.Column("breach", sa.String(length=32), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "client_changes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_client_changes_at", "client_changes", ["at"])
    op.create_index("ix_client_changes_client_id", "client_changes", ["client_id", "at"])
    op.create_index("ix_audit_log_at", "audit_log", ["at", "log_index"])
    op.create_index("ix_audit_log_client_id", "audit_log", ["client_id", "at", "log_index"])
    op.create_index("ix_audit_log_fact", "audit_log", ["fact", "at", "log_index"])
    op.create_index("ix_audit_log_request_id", "audit_log", ["request_id"])


def downgrade() -> None:
    """Take the schema back."""
    for name in ("request_id", "fact", "client_id", "at"):
        op.drop_index(f"ix_audit_log_{name}", "audit_log")
    op.drop_table("client_changes")
    op.drop_table("audit_checks")
    op.drop_table("counting_progress")
    op.drop_table("daily_counts")
