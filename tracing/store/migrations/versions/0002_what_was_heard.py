"""What was heard: confirmed pairs, voice clips, listening links and answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hearing_pair",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_hearing_pair_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_hearing_pair_person_id_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hearing_pair"),
    )
    op.create_index("ix_hearing_pair_person_id", "hearing_pair", ["person_id"], unique=False)
    op.create_table(
        "voice_clip",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_voice_clip_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_voice_clip_person_id_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_voice_clip"),
    )
    op.create_index("ix_voice_clip_expires_at", "voice_clip", ["expires_at"], unique=False)
    op.create_index("ix_voice_clip_person_id", "voice_clip", ["person_id"], unique=False)
    op.create_table(
        "listening_link",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("clip_id", sa.String(length=24), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("answers_most", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clip_id"], ["voice_clip.id"], name="fk_listening_link_clip_id_voice_clip"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name="fk_listening_link_created_by_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_listening_link"),
        sa.UniqueConstraint("token_digest", name="uq_listening_link_token_digest"),
    )
    op.create_index("ix_listening_link_clip_id", "listening_link", ["clip_id"], unique=False)
    op.create_table(
        "listening",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("clip_id", sa.String(length=24), nullable=False),
        sa.Column("link_id", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_listening_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["clip_id"], ["voice_clip.id"], name="fk_listening_clip_id_voice_clip"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["listening_link.id"], name="fk_listening_link_id_listening_link"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_listening"),
    )
    op.create_index("ix_listening_link_id", "listening", ["link_id"], unique=False)
    op.create_index(
        "uq_listening_clip_account", "listening", ["clip_id", "account_id"], unique=True
    )
