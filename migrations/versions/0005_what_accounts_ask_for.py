"""Let clients be given faults, and accounts remember their terms and what they ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("clients", sa.Column("faults", sa.Text(), nullable=True))
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(
            sa.Column("terms_version", sa.BigInteger(), nullable=False, server_default="1")
        )
        accounts.add_column(
            sa.Column("terms_agreed_at", sa.BigInteger(), nullable=False, server_default="0")
        )
        accounts.add_column(sa.Column("reset_because", sa.String(length=16), nullable=True))
        accounts.add_column(sa.Column("passkey_offered_at", sa.BigInteger(), nullable=True))
    # Whoever is here agreed when they came.
    op.execute("UPDATE accounts SET terms_agreed_at = created_at")
    with op.batch_alter_table("accounts") as accounts:
        accounts.alter_column("terms_version", server_default=None)
        accounts.alter_column("terms_agreed_at", server_default=None)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("clients", "faults")
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_column("passkey_offered_at")
        accounts.drop_column("reset_because")
        accounts.drop_column("terms_agreed_at")
        accounts.drop_column("terms_version")
