"""Make room for several secrets of a client, and for when its secrets and keys were used."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; each client's one secret and pasted key is the first of its kind.

    The column of the one secret stays for servers of the version before.
    """
    op.create_table(
        "client_proofs",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "proof"),
    )
    with op.batch_alter_table("clients") as clients:
        clients.add_column(sa.Column("keys_renewed_at", sa.BigInteger(), nullable=True))
    proofs = sa.table(
        "client_proofs",
        sa.column("client_id"),
        sa.column("proof"),
        sa.column("kind"),
        sa.column("added_at"),
    )
    known = sa.text("SELECT client_id, secret_hash, registration, updated_at FROM clients")
    connection = op.get_bind()
    for client_id, secret_hash, registration, updated_at in connection.execute(known).all():
        public_key = json.loads(registration).get("public_key")
        found = [("secret", secret_hash)] if secret_hash else []
        if public_key:
            found.append(("key", hashlib.sha256(public_key.encode()).hexdigest()))
        for kind, proof in found:
            row = {"client_id": client_id, "proof": proof, "kind": kind, "added_at": updated_at}
            connection.execute(proofs.insert().values(**row))


def downgrade() -> None:
    """Take the schema back; each client keeps its oldest secret."""
    with op.batch_alter_table("clients") as clients:
        clients.drop_column("keys_renewed_at")
    op.drop_table("client_proofs")
