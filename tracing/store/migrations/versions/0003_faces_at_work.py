"""Which model looked at a photo last, who is at work on it, and cohorts that are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("photo", sa.Column("recipe", sa.String(length=200), nullable=True))
    op.add_column("photo", sa.Column("detector", sa.String(length=200), nullable=True))
    op.add_column("photo", sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
    # every photo so far was looked at by the one encoder there was
    op.execute("UPDATE photo SET recipe = 'dlib-resnet-v1-mirror', detector = 'dlib-1'")
    op.create_index("ix_photo_state_recipe", "photo", ["state", "recipe"], unique=False)
    op.create_index("ix_photo_state_detector", "photo", ["state", "detector"], unique=False)
    op.create_table(
        "face_cohort",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("templates", sa.BigInteger(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_face_cohort"),
    )
    op.create_table(
        "face_cohort_member",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_face_cohort_member_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["face_cohort.version"], name="fk_face_cohort_member_version_face_cohort"
        ),
        sa.PrimaryKeyConstraint("version", "person_id", name="pk_face_cohort_member"),
    )
