"""What comes from elsewhere and what goes out: origins, imports, borrowed galleries, notices."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("person", sa.Column("gallery_id", sa.String(length=24), nullable=True))
    op.create_index("ix_person_gallery_id", "person", ["gallery_id"], unique=False)
    op.create_table(
        "borrowed_gallery",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("purposes", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_days", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=24), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account.id"], name="fk_borrowed_gallery_ended_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name="fk_borrowed_gallery_recorded_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_borrowed_gallery_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_borrowed_gallery"),
    )
    op.create_index(
        "ix_borrowed_gallery_station_id", "borrowed_gallery", ["station_id"], unique=False
    )
    op.create_table(
        "origin",
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("import_id", sa.String(length=24), nullable=False),
        sa.Column("clone", sa.Boolean(), nullable=False),
        sa.Column("dated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_origin_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", name="pk_origin"),
    )
    op.create_index("ix_origin_expires_at", "origin", ["expires_at"], unique=False)
    op.create_index("ix_origin_import_id", "origin", ["import_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("gallery_id", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_import_run_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_import_run_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
    )
    op.create_index("ix_import_run_digest", "import_run", ["digest"], unique=False)
    op.create_index("ix_import_run_state", "import_run", ["state"], unique=False)
    op.create_index("ix_import_run_station_id", "import_run", ["station_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_by", sa.String(length=24), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name="fk_notice_ended_by_account"),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name="fk_notice_issued_by_account"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_notice_person_id_person"),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name="fk_notice_station_id_station"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_expires_at", "notice", ["expires_at"], unique=False)
    op.create_index("ix_notice_person_id", "notice", ["person_id"], unique=False)
    op.create_index("ix_notice_seq", "notice", ["seq"], unique=False)
    op.create_index("ix_notice_station_id", "notice", ["station_id"], unique=False)
    op.create_table(
        "erased_external",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_erased_external"),
    )
