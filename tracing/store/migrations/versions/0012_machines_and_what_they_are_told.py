"""Machines: who uses a key, for what and how it is proved; webhooks and their outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("api_key", sa.Column("organisation", sa.String(length=200), nullable=True))
    op.add_column("api_key", sa.Column("purpose", sa.String(length=32), nullable=True))
    op.add_column("api_key", sa.Column("legal_basis", sa.String(length=32), nullable=True))
    op.add_column("api_key", sa.Column("certificate", sa.String(length=64), nullable=True))
    op.add_column("api_key", sa.Column("client_id", sa.String(length=200), nullable=True))
    op.create_index("uq_api_key_certificate", "api_key", ["certificate"], unique=True)
    op.create_index("uq_api_key_client_id", "api_key", ["client_id"], unique=True)
    op.add_column("audit", sa.Column("key_prefix", sa.String(length=12), nullable=True))
    op.create_index("ix_audit_key_prefix", "audit", ["key_prefix"], unique=False)
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("kinds", sa.String(length=300), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name="fk_webhook_endpoint_created_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_webhook_endpoint_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoint"),
    )
    op.create_index(
        "ix_webhook_endpoint_station_id", "webhook_endpoint", ["station_id"], unique=False
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("endpoint_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=24), nullable=False),
        sa.Column("href", sa.String(length=200), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.id"],
            name="fk_webhook_delivery_endpoint_id_webhook_endpoint",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
    )
    op.create_index(
        "ix_webhook_delivery_endpoint_id", "webhook_delivery", ["endpoint_id"], unique=False
    )
    op.create_index(
        "ix_webhook_delivery_state_next_at",
        "webhook_delivery",
        ["state", "next_at"],
        unique=False,
    )
