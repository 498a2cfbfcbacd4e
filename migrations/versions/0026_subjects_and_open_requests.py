"""Keep which account a service's subject names, and let one request of a kind wait for a subject.

Grants tell the subjects so far. Of requests that wait twice for the same, the first one stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WAITS = sa.text("state = 'submitted'")
_WITHDRAW_DOUBLES = """
UPDATE change_requests SET state = 'withdrawn', decided_by = requested_by,
       decided_at = requested_at, decision = ''
WHERE state = 'submitted' AND EXISTS (
  SELECT 1 FROM change_requests AS first
  WHERE first.state = 'submitted' AND first.kind = change_requests.kind
    AND (first.client_id = change_requests.client_id OR first.about = change_requests.about)
    AND first.id < change_requests.id)
"""


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "known_subjects",
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subject", "client_id"),
    )
    op.create_index("ix_known_subjects_account_id", "known_subjects", ["account_id"])
    op.execute(
        "INSERT INTO known_subjects (subject, client_id, account_id) "
        "SELECT DISTINCT subject, client_id, account_id FROM grants "
        "WHERE code_consumed_at IS NOT NULL"
    )
    op.execute(_WITHDRAW_DOUBLES)
    for column in ("client_id", "about"):
        op.create_index(
            f"uq_change_requests_waiting_{column}",
            "change_requests",
            ["kind", column],
            unique=True,
            sqlite_where=WAITS,
            postgresql_where=WAITS,
        )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("uq_change_requests_waiting_about", table_name="change_requests")
    op.drop_index("uq_change_requests_waiting_client_id", table_name="change_requests")
    op.drop_table("known_subjects")
