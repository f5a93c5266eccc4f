"""What is owed to people: protection, clues, rights, assessments, incidents, clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "protection_echo",
        sa.Column("search_id", sa.String(length=24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["search.id"], name="fk_protection_echo_search_id_search"
        ),
        sa.PrimaryKeyConstraint("search_id", name="pk_protection_echo"),
    )
    op.create_table(
        "protection_alert",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("search_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("sought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wish", sa.String(length=32), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.String(length=24), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name="fk_protection_alert_asked_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_protection_alert_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["search_id"], ["search.id"], name="fk_protection_alert_search_id_search"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_protection_alert_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_protection_alert"),
    )
    op.create_index(
        "ix_protection_alert_person_id", "protection_alert", ["person_id"], unique=False
    )
    op.create_index(
        "ix_protection_alert_station_id", "protection_alert", ["station_id"], unique=False
    )
    op.create_index(
        "uq_protection_alert_search", "protection_alert", ["search_id", "person_id"], unique=True
    )
    op.create_table(
        "clue",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.Column("photo_state", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("station_id", sa.String(length=24), nullable=True),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("taken_by", sa.String(length=24), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_clue_person_id_person"),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name="fk_clue_station_id_station"),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name="fk_clue_taken_by_account"),
        sa.PrimaryKeyConstraint("id", name="pk_clue"),
    )
    op.create_index("ix_clue_expires_at", "clue", ["expires_at"], unique=False)
    op.create_index("ix_clue_person_id", "clue", ["person_id"], unique=False)
    op.create_index("ix_clue_state", "clue", ["state"], unique=False)
    op.create_index("ix_clue_station_id", "clue", ["station_id"], unique=False)
    op.create_table(
        "rights_request",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("received_by", sa.String(length=24), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(length=24), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=32), nullable=True),
        sa.Column("erasure_id", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name="fk_rights_request_answered_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_rights_request_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["received_by"], ["account.id"], name="fk_rights_request_received_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_rights_request_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rights_request"),
    )
    op.create_index("ix_rights_request_person_id", "rights_request", ["person_id"], unique=False)
    op.create_index("ix_rights_request_state", "rights_request", ["state"], unique=False)
    op.create_index("ix_rights_request_station_id", "rights_request", ["station_id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_assessment_account_id_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assessment"),
    )
    op.create_index("ix_assessment_scope", "assessment", ["scope"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=24), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name="fk_incident_recorded_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_incident_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_station_id", "incident", ["station_id"], unique=False)
    op.create_table(
        "duty_clock",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=24), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.String(length=24), nullable=True),
        sa.Column("deed", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["stopped_by"], ["account.id"], name="fk_duty_clock_stopped_by_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_duty_clock"),
    )
    op.create_index("ix_duty_clock_rule", "duty_clock", ["rule"], unique=False)
    op.create_index("ix_duty_clock_subject_id", "duty_clock", ["subject_id"], unique=False)
