"""Requests to police and other stations, their deeds and answers, keys that are trusted."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "crosscheck",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("case_id", sa.String(length=24), nullable=True),
        sa.Column("from_station_id", sa.String(length=24), nullable=True),
        sa.Column("to_station_id", sa.String(length=24), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("heading", sa.LargeBinary(), nullable=False),
        sa.Column("package", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.String(length=24), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["tracing_case.id"], name="fk_crosscheck_case_id_tracing_case"
        ),
        sa.ForeignKeyConstraint(
            ["from_station_id"], ["station.id"], name="fk_crosscheck_from_station_id_station"
        ),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_crosscheck_made_by_account"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_crosscheck_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["to_station_id"], ["station.id"], name="fk_crosscheck_to_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crosscheck"),
        sa.UniqueConstraint("origin", name="uq_crosscheck_origin"),
        sa.UniqueConstraint("number", name="uq_crosscheck_number"),
    )
    op.create_index("ix_crosscheck_closed_at", "crosscheck", ["closed_at"], unique=False)
    op.create_index(
        "ix_crosscheck_from_station_id", "crosscheck", ["from_station_id"], unique=False
    )
    op.create_index("ix_crosscheck_person_id", "crosscheck", ["person_id"], unique=False)
    op.create_index("ix_crosscheck_state", "crosscheck", ["state"], unique=False)
    op.create_index("ix_crosscheck_to_station_id", "crosscheck", ["to_station_id"], unique=False)
    op.create_table(
        "crosscheck_deed",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("crosscheck_id", sa.String(length=24), nullable=False),
        sa.Column("deed", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=False),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_crosscheck_deed_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["crosscheck_id"], ["crosscheck.id"], name="fk_crosscheck_deed_crosscheck_id_crosscheck"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_crosscheck_deed_station_id_station"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["account.id"], name="fk_crosscheck_deed_undone_by_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crosscheck_deed"),
    )
    op.create_index(
        "ix_crosscheck_deed_crosscheck_id", "crosscheck_deed", ["crosscheck_id"], unique=False
    )
    op.create_table(
        "crosscheck_answer",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("crosscheck_id", sa.String(length=24), nullable=False),
        sa.Column("deed_id", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verification_id", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_crosscheck_answer_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["crosscheck_id"],
            ["crosscheck.id"],
            name="fk_crosscheck_answer_crosscheck_id_crosscheck",
        ),
        sa.ForeignKeyConstraint(
            ["deed_id"], ["crosscheck_deed.id"], name="fk_crosscheck_answer_deed_id_crosscheck_deed"
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.id"],
            name="fk_crosscheck_answer_verification_id_verification",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crosscheck_answer"),
    )
    op.create_index(
        "uq_crosscheck_answer_digest", "crosscheck_answer", ["crosscheck_id", "digest"], unique=True
    )
    op.create_table(
        "trusted_key",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(length=24), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by"], ["account.id"], name="fk_trusted_key_added_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account.id"], name="fk_trusted_key_ended_by_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_trusted_key"),
    )
    op.create_index("ix_trusted_key_public", "trusted_key", ["public"], unique=False)
