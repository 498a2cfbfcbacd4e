"""Let sessions keep the seed of an app that their person is about to add in their account."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column(
        "browser_sessions", sa.Column("app_secret_sealed", sa.String(length=256), nullable=True)
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("browser_sessions", "app_secret_sealed")
