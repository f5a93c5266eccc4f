"""What police officers ask: requests, approvals, questions, inquiries."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "police_request",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("requested_by", sa.String(length=24), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("divisions", sa.String(length=800), nullable=False),
        sa.Column("sides", sa.String(length=64), nullable=False),
        sa.Column("questions_most", sa.BigInteger(), nullable=False),
        sa.Column("export", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["account.id"], name="fk_police_request_requested_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_police_request_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_police_request"),
    )
    op.create_index("ix_police_request_expires_at", "police_request", ["expires_at"], unique=False)
    op.create_index(
        "ix_police_request_requested_by", "police_request", ["requested_by"], unique=False
    )
    op.create_index("ix_police_request_state", "police_request", ["state"], unique=False)
    op.create_index("ix_police_request_station_id", "police_request", ["station_id"], unique=False)
    op.create_table(
        "police_approval",
        sa.Column("request_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_police_approval_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["police_request.id"],
            name="fk_police_approval_request_id_police_request",
        ),
        sa.PrimaryKeyConstraint("request_id", "account_id", name="pk_police_approval"),
    )
    op.create_table(
        "police_question",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            autoincrement=True,
        ),
        sa.Column("request_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("fault", sa.String(length=300), nullable=True),
        sa.Column("search_id", sa.String(length=24), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_police_question_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["police_request.id"],
            name="fk_police_question_request_id_police_request",
        ),
        sa.ForeignKeyConstraint(
            ["search_id"], ["search.id"], name="fk_police_question_search_id_search"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_police_question_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_police_question"),
    )
    op.create_index(
        "ix_police_question_account", "police_question", ["account_id", "asked_at"], unique=False
    )
    op.create_index("ix_police_question_search_id", "police_question", ["search_id"], unique=False)
    op.create_index("ix_police_question_state", "police_question", ["state"], unique=False)
    op.create_index(
        "uq_police_question_place", "police_question", ["request_id", "run", "ordinal"], unique=True
    )
    op.create_table(
        "police_inquiry",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("search_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parts", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_by", sa.String(length=24), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=24), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_police_inquiry_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name="fk_police_inquiry_answered_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_police_inquiry_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["received_by"], ["account.id"], name="fk_police_inquiry_received_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["search_id"], ["search.id"], name="fk_police_inquiry_search_id_search"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_police_inquiry"),
    )
    op.create_index("ix_police_inquiry_account_id", "police_inquiry", ["account_id"], unique=False)
    op.create_index("ix_police_inquiry_person_id", "police_inquiry", ["person_id"], unique=False)
    op.create_index("ix_police_inquiry_state", "police_inquiry", ["state"], unique=False)
