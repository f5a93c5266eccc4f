"""The first schema: everything the first release keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=True),
        sa.Column("station_id", sa.String(length=24), nullable=True),
        sa.Column("via", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=48), nullable=True),
        sa.Column("case_id", sa.String(length=24), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=4000), nullable=False),
        sa.Column("chain", sa.BigInteger(), nullable=True),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("chain", name="uq_audit_chain"),
    )
    op.create_index("ix_audit_account_id", "audit", ["account_id"], unique=False)
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_object", "audit", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_checkpoint"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "service_key",
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name="pk_service_key"),
    )
    op.create_table(
        "session_failure",
        sa.Column("login_digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("login_digest", name="pk_session_failure"),
    )
    op.create_table(
        "station",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("division", sa.String(length=12), nullable=True),
        sa.Column("parent_id", sa.String(length=24), nullable=True),
        sa.Column("path", sa.String(length=700), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["station.id"], name="fk_station_parent_id_station"),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
        sa.UniqueConstraint("code", name="uq_station_code"),
        sa.UniqueConstraint("path", name="uq_station_path"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("password_hash", sa.String(length=300), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_account_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_table(
        "api_key",
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("scopes", sa.String(length=1000), nullable=False),
        sa.Column("created_by", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_api_key_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name="fk_api_key_created_by_account"
        ),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_key"),
    )
    op.create_index("ix_api_key_account_id", "api_key", ["account_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("photo_ids", sa.String(length=1300), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_draft_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
    )
    op.create_index("ix_draft_account_id", "draft", ["account_id"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_idempotency_account_id_account"
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("identity_status", sa.String(length=32), nullable=False),
        sa.Column("stay_status", sa.String(length=32), nullable=False),
        sa.Column("tracing_result", sa.String(length=32), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=True),
        sa.Column("birth_from", sa.SmallInteger(), nullable=True),
        sa.Column("birth_to", sa.SmallInteger(), nullable=True),
        sa.Column("home_division", sa.String(length=12), nullable=True),
        sa.Column("event_division", sa.String(length=12), nullable=True),
        sa.Column("event_on", sa.Date(), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name="fk_person_created_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_person_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("seq", name="uq_person_seq"),
    )
    op.create_index("ix_person_station_id", "person", ["station_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_session_account_id_account"
        ),
        sa.PrimaryKeyConstraint("token_digest", name="pk_session"),
    )
    op.create_index("ix_session_account_id", "session", ["account_id"], unique=False)
    op.create_table(
        "setup_link",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_setup_link_account_id_account"
        ),
        sa.PrimaryKeyConstraint("token_digest", name="pk_setup_link"),
    )
    op.create_index("ix_setup_link_account_id", "setup_link", ["account_id"], unique=False)
    op.create_table(
        "exact_key",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("assigned", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_exact_key_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_exact_key"),
    )
    op.create_index("ix_exact_key_kind_digest", "exact_key", ["kind", "digest"], unique=False)
    op.create_index("ix_exact_key_person_id", "exact_key", ["person_id"], unique=False)
    op.create_index(
        "uq_exact_key_external",
        "exact_key",
        ["digest"],
        unique=True,
        sqlite_where=sa.text("kind = 'external'"),
        postgresql_where=sa.text("kind = 'external'"),
    )
    op.create_table(
        "exclusion",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("probe_person_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("probe_version", sa.BigInteger(), nullable=False),
        sa.Column("person_version", sa.BigInteger(), nullable=False),
        sa.Column("model_hash", sa.String(length=64), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_by", sa.String(length=24), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_exclusion_account_id_account"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_exclusion_person_id_person"),
        sa.ForeignKeyConstraint(
            ["probe_person_id"], ["person.id"], name="fk_exclusion_probe_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["restored_by"], ["account.id"], name="fk_exclusion_restored_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_exclusion_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exclusion"),
    )
    op.create_index("ix_exclusion_person_id", "exclusion", ["person_id"], unique=False)
    op.create_index("ix_exclusion_probe_person_id", "exclusion", ["probe_person_id"], unique=False)
    op.create_table(
        "person_key",
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_person_key_person_id_person"
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_person_key"),
    )
    op.create_table(
        "person_version",
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_by", sa.String(length=24), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_person_version_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["account.id"], name="fk_person_version_replaced_by_account"
        ),
        sa.PrimaryKeyConstraint("person_id", "version", name="pk_person_version"),
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("bytes_original", sa.BigInteger(), nullable=False),
        sa.Column("bytes_picture", sa.BigInteger(), nullable=False),
        sa.Column("advice", sa.String(length=400), nullable=False),
        sa.Column("chosen", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_photo_account_id_account"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_photo_person_id_person"),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name="fk_photo_station_id_station"),
        sa.PrimaryKeyConstraint("id", name="pk_photo"),
    )
    op.create_index("ix_photo_person_id", "photo", ["person_id"], unique=False)
    op.create_table(
        "tracing_case",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.String(length=24), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["account.id"], name="fk_tracing_case_opened_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_tracing_case_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_tracing_case_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tracing_case"),
        sa.UniqueConstraint("number", name="uq_tracing_case_number"),
    )
    op.create_index("ix_tracing_case_person_id", "tracing_case", ["person_id"], unique=False)
    op.create_index("ix_tracing_case_station_id", "tracing_case", ["station_id"], unique=False)
    op.create_table(
        "face",
        sa.Column("photo_id", sa.String(length=24), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("top", sa.BigInteger(), nullable=False),
        sa.Column("right", sa.BigInteger(), nullable=False),
        sa.Column("bottom", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("sharpness", sa.Double(), nullable=False),
        sa.Column("quality", sa.String(length=400), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_face_photo_id_photo"),
        sa.PrimaryKeyConstraint("photo_id", "ordinal", name="pk_face"),
    )
    op.create_table(
        "face_print",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=True),
        sa.Column("photo_id", sa.String(length=24), nullable=True),
        sa.Column("ordinal", sa.BigInteger(), nullable=True),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=True),
        sa.Column("taken", sa.String(length=10), nullable=True),
        sa.Column("age", sa.BigInteger(), nullable=True),
        sa.Column("cohort_version", sa.BigInteger(), nullable=True),
        sa.Column("cohort_mean", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_face_print_person_id_person"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_face_print_photo_id_photo"),
        sa.PrimaryKeyConstraint("id", name="pk_face_print"),
    )
    op.create_index("ix_face_print_person_id", "face_print", ["person_id"], unique=False)
    op.create_index(
        "ix_face_print_photo_id_ordinal", "face_print", ["photo_id", "ordinal"], unique=False
    )
    op.create_table(
        "search",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("via", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=True),
        sa.Column("probe_person_id", sa.String(length=24), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("faces", sa.BigInteger(), nullable=False),
        sa.Column("gallery_size", sa.BigInteger(), nullable=False),
        sa.Column("gallery_seq", sa.BigInteger(), nullable=False),
        sa.Column("model_hash", sa.String(length=64), nullable=False),
        sa.Column("nobody", sa.Double(), nullable=False),
        sa.Column("cpu_ms", sa.Double(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_search_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["tracing_case.id"], name="fk_search_case_id_tracing_case"
        ),
        sa.ForeignKeyConstraint(
            ["probe_person_id"], ["person.id"], name="fk_search_probe_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_search_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search"),
    )
    op.create_index("ix_search_at", "search", ["at"], unique=False)
    op.create_index("ix_search_case_id", "search", ["case_id"], unique=False)
    op.create_index("ix_search_probe_person_id", "search", ["probe_person_id"], unique=False)
    op.create_index("ix_search_station_id", "search", ["station_id"], unique=False)
    op.create_table(
        "candidate",
        sa.Column("search_id", sa.String(length=24), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("person_version", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("bits", sa.Double(), nullable=False),
        sa.Column("grade", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_candidate_person_id_person"),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name="fk_candidate_search_id_search"),
        sa.PrimaryKeyConstraint("search_id", "rank", name="pk_candidate"),
    )
    op.create_index("ix_candidate_person_id", "candidate", ["person_id"], unique=False)
