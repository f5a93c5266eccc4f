"""Confirmed cases: who somebody was, or that it was nobody on record."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "confirmed_case",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("probe_person_id", sa.String(length=24), nullable=False),
        sa.Column("probe_version", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=24), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_confirmed_case_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_confirmed_case_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["probe_person_id"], ["person.id"], name="fk_confirmed_case_probe_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_confirmed_case_station_id_station"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["account.id"], name="fk_confirmed_case_undone_by_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_confirmed_case"),
    )
    op.create_index(
        "ix_confirmed_case_probe_person_id", "confirmed_case", ["probe_person_id"], unique=False
    )
    op.create_index("ix_confirmed_case_person_id", "confirmed_case", ["person_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("confirmed_case")
