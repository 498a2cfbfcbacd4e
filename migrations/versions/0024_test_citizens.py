"""Make room for the test citizens of service teams."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "test_citizens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("service_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("email", sa.String(length=256), nullable=False),
        sa.Column("password_sealed", sa.String(length=256), nullable=False),
        sa.Column("seed_sealed", sa.String(length=256), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_index("ix_test_citizens_service_id", "test_citizens", ["service_id"])
    op.create_index("ix_test_citizens_account_id", "test_citizens", ["account_id"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("test_citizens")
