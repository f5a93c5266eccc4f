"""Two people verify: pairs, facts, answers, links; urgent searches wait for a review."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "verification",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("search_id", sa.String(length=24), nullable=True),
        sa.Column("probe_person_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("called_station_id", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=24), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["called_station_id"],
            ["station.id"],
            name="fk_verification_called_station_id_station",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["tracing_case.id"],
            name="fk_verification_case_id_tracing_case",
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"],
            ["account.id"],
            name="fk_verification_opened_by_account",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_verification_person_id_person",
        ),
        sa.ForeignKeyConstraint(
            ["probe_person_id"],
            ["person.id"],
            name="fk_verification_probe_person_id_person",
        ),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["search.id"],
            name="fk_verification_search_id_search",
        ),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["station.id"],
            name="fk_verification_station_id_station",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verification"),
    )
    op.create_index(
        "ix_verification_called_station_id", "verification", ["called_station_id"], unique=False
    )
    op.create_index("ix_verification_case_id", "verification", ["case_id"], unique=False)
    op.create_index("ix_verification_person_id", "verification", ["person_id"], unique=False)
    op.create_index(
        "ix_verification_probe_person_id", "verification", ["probe_person_id"], unique=False
    )
    op.create_index("ix_verification_station_id", "verification", ["station_id"], unique=False)
    op.create_table(
        "verification_fact",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("verification_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("struck_by", sa.String(length=24), nullable=True),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_verification_fact_account_id_account",
        ),
        sa.ForeignKeyConstraint(
            ["struck_by"],
            ["account.id"],
            name="fk_verification_fact_struck_by_account",
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.id"],
            name="fk_verification_fact_verification_id_verification",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verification_fact"),
    )
    op.create_index(
        "ix_verification_fact_verification_id",
        "verification_fact",
        ["verification_id"],
        unique=False,
    )
    op.create_table(
        "verification_answer",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("verification_id", sa.String(length=24), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_verification_answer_account_id_account",
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.id"],
            name="fk_verification_answer_verification_id_verification",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verification_answer"),
    )
    op.create_index(
        "uq_verification_answer_place",
        "verification_answer",
        ["verification_id", "round", "place"],
        unique=True,
    )
    op.create_table(
        "person_link",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("verification_id", sa.String(length=24), nullable=False),
        sa.Column("probe_person_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=24), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_person_link_person_id_person",
        ),
        sa.ForeignKeyConstraint(
            ["probe_person_id"],
            ["person.id"],
            name="fk_person_link_probe_person_id_person",
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"],
            ["account.id"],
            name="fk_person_link_undone_by_account",
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.id"],
            name="fk_person_link_verification_id_verification",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_person_link"),
    )
    op.create_index("ix_person_link_person_id", "person_link", ["person_id"], unique=False)
    op.create_index(
        "ix_person_link_probe_person_id", "person_link", ["probe_person_id"], unique=False
    )
    op.create_index(
        "ix_person_link_verification_id", "person_link", ["verification_id"], unique=False
    )
    op.create_table(
        "search_review",
        sa.Column("search_id", sa.String(length=24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=24), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reviewed_by"],
            ["account.id"],
            name="fk_search_review_reviewed_by_account",
        ),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["search.id"],
            name="fk_search_review_search_id_search",
        ),
        sa.PrimaryKeyConstraint("search_id", name="pk_search_review"),
    )
    op.create_index("ix_search_review_due_at", "search_review", ["due_at"], unique=False)
