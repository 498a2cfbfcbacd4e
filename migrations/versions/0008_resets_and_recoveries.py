"""Let Journeys reset passwords, and keep what people have asked for who lost their codes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("password_reset_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("journeys") as journeys:
        journeys.add_column(sa.Column("reset_begun_at", sa.BigInteger(), nullable=True))
        journeys.add_column(sa.Column("reset_account_id", sa.String(length=32), nullable=True))
        journeys.add_column(sa.Column("reset_email_at", sa.BigInteger(), nullable=True))
        journeys.add_column(sa.Column("reset_factor_at", sa.BigInteger(), nullable=True))
        journeys.add_column(
            sa.Column("recovering", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        journeys.create_index("ix_journeys_reset_account_id", ["reset_account_id"])
    with op.batch_alter_table("provings") as provings:
        provings.add_column(
            sa.Column("for_recovery", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("journeys") as journeys:
        journeys.alter_column("recovering", server_default=None)
    with op.batch_alter_table("provings") as provings:
        provings.alter_column("for_recovery", server_default=None)
    op.create_table(
        "recoveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("open_for", sa.String(length=32), nullable=True),
        sa.Column("journey_id", sa.String(length=43), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("lapses_at", sa.BigInteger(), nullable=False),
        sa.Column("remind_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_because", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_for"),
    )
    for column in ("account_id", "journey_id", "lapses_at", "remind_at"):
        op.create_index(f"ix_recoveries_{column}", "recoveries", [column])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("recoveries")
    with op.batch_alter_table("provings") as provings:
        provings.drop_column("for_recovery")
    with op.batch_alter_table("journeys") as journeys:
        journeys.drop_index("ix_journeys_reset_account_id")
        for column in (
            "recovering",
            "reset_factor_at",
            "reset_email_at",
            "reset_account_id",
            "reset_begun_at",
        ):
            journeys.drop_column(column)
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_column("password_reset_at")
