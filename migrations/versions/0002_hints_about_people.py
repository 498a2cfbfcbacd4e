"""Let a Journey know whom its service named, and that it cannot be that person."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("journeys") as journeys:
        journeys.add_column(sa.Column("hint_subject", sa.String(length=128), nullable=True))
        journeys.add_column(sa.Column("failed", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    with op.batch_alter_table("journeys") as journeys:
        journeys.drop_column("failed")
        journeys.drop_column("hint_subject")
