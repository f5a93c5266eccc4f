"""Where home is: locatings and their deeds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "locating",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_locating_account_id_account"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_locating_person_id_person"),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_locating_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_locating"),
    )
    op.create_index("ix_locating_expires_at", "locating", ["expires_at"], unique=False)
    op.create_index("ix_locating_person_id", "locating", ["person_id"], unique=False)
    op.create_index("ix_locating_station_id", "locating", ["station_id"], unique=False)
    op.create_table(
        "locating_deed",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("locating_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_locating_deed_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["locating_id"], ["locating.id"], name="fk_locating_deed_locating_id_locating"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["account.id"], name="fk_locating_deed_undone_by_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_locating_deed"),
    )
    op.create_index(
        "uq_locating_deed_number", "locating_deed", ["locating_id", "number"], unique=True
    )
