"""Keep what teams have begun to register."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "client_drafts",
        sa.Column("service_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("service_id", "account_id"),
    )
    op.create_index("ix_client_drafts_account_id", "client_drafts", ["account_id"])
    op.create_index("ix_client_drafts_updated_at", "client_drafts", ["updated_at"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("client_drafts")
