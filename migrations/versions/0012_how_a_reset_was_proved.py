"""Let Journeys remember which second factor a password reset was proved with."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("journeys", sa.Column("reset_factor", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("journeys", "reset_factor")
