"""Let clients' secrets be imported, and their rates be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("clients", sa.Column("imported_secret_hash", sa.String(256), nullable=True))

    op.create_table(
        "client_rates",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("spent", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_index("ix_client_rates_expires_at", "client_rates", ["expires_at"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("client_rates")
    op.drop_column("clients", "imported_secret_hash")
