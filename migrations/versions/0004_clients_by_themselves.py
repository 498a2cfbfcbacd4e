"""Let teams register clients, secrets be imported, and rates be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("clients", sa.Column("imported_secret_hash", sa.String(256), nullable=True))
    op.add_column("clients", sa.Column("registered_by", sa.String(64), nullable=True))
    op.create_index("ix_clients_registered_by", "clients", ["registered_by"])

    op.create_table(
        "client_rates",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("spent", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_index("ix_client_rates_expires_at", "client_rates", ["expires_at"])

    op.create_table(
        "registration_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_hash"),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("registration_keys")
    op.drop_table("client_rates")
    op.drop_index("ix_clients_registered_by", "clients")
    op.drop_column("clients", "registered_by")
    op.drop_column("clients", "imported_secret_hash")
