"""Let Journeys lead to our own pages, and sessions remember what was confirmed there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("journeys", sa.Column("returns_to", sa.String(length=2048), nullable=True))
    op.add_column("browser_sessions", sa.Column("confirmed_for", sa.String(32), nullable=True))
    op.add_column("browser_sessions", sa.Column("confirmed_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("browser_sessions", "confirmed_at")
    op.drop_column("browser_sessions", "confirmed_for")
    op.drop_column("journeys", "returns_to")
