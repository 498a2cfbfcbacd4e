"""Make room for proven identities: what is proved, what is shared, what a grant may tell."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("facts_sealed", sa.Text(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id"),
    )
    op.create_table(
        "disclosures",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=128), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id", "client_id", "claim"),
    )
    op.create_table(
        "provings",
        sa.Column("journey_id", sa.String(length=43), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("anew", sa.Boolean(), nullable=False),
        sa.Column("result_sealed", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("proof_id", sa.String(length=32), nullable=True),
        sa.Column("agreement", sa.String(length=16), nullable=True),
        sa.Column("agreed_claims", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["journey_id"], ["journeys.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("journey_id"),
    )
    op.create_index("ix_provings_account_id", "provings", ["account_id"])
    # One by one: SQLite can add a column without copying the table.
    op.add_column("grants", sa.Column("claims", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("confidence", sa.String(length=8), nullable=True))
    op.add_column("grants", sa.Column("proof_id", sa.String(length=32), nullable=True))
    op.add_column("grants", sa.Column("return_codes", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    for column in ("return_codes", "proof_id", "confidence", "claims"):
        op.drop_column("grants", column)
    op.drop_index("ix_provings_account_id", "provings")
    op.drop_table("provings")
    op.drop_table("disclosures")
    op.drop_table("identities")
