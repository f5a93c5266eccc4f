"""Who comes in: sign-in through an OpenID provider, and accounts of families."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("session", sa.Column("factor", sa.String(length=32), nullable=True))
    op.create_table(
        "openid_subject",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("created_by", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_openid_subject_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name="fk_openid_subject_created_by_account"
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_openid_subject"),
        sa.UniqueConstraint("account_id", name="uq_openid_subject_account_id"),
    )
    op.create_table(
        "openid_state",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_openid_state"),
    )
    op.create_index("ix_openid_state_expires_at", "openid_state", ["expires_at"], unique=False)
    op.create_table(
        "family_access",
        sa.Column("account_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_family_access_account_id_account"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name="fk_family_access_created_by_account"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_family_access_person_id_person"
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_family_access"),
    )
    op.create_index("ix_family_access_person_id", "family_access", ["person_id"], unique=False)
