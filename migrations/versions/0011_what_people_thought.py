"""Keep what people thought of it, and count how long Journeys take and where they end."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("given_on", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=1200), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_feedback_given_on", "feedback", ["given_on"])
    op.create_table(
        "journey_counts",
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "page", "outcome", "seconds"),
    )
    op.add_column("journeys", sa.Column("pages", sa.Text(), nullable=True))
    op.add_column("journeys", sa.Column("counted_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_journeys_uncounted",
        "journeys",
        ["expires_at"],
        sqlite_where=sa.text("counted_at IS NULL"),
        postgresql_where=sa.text("counted_at IS NULL"),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_journeys_uncounted", "journeys")
    op.drop_column("journeys", "counted_at")
    op.drop_column("journeys", "pages")
    op.drop_table("journey_counts")
    op.drop_index("ix_feedback_given_on", "feedback")
    op.drop_table("feedback")
