"""Takes and their lineage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of takes."""
    op.create_table(
        "takes",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("session", sa.String),
        sa.Column("variant", sa.String, nullable=False),
        sa.Column("task", sa.String, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("audio", sa.String(67), nullable=False),
        sa.Column("latents", sa.String(67)),
        sa.Column("picture", sa.String(67)),
        sa.Column("record", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takes")),
    )
    for column in ("created", "session", "variant", "task", "audio", "latents", "picture"):
        op.create_index(op.f(f"ix_takes_{column}"), "takes", [column])
    op.create_table(
        "take_parents",
        sa.Column("take", sa.String(12), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("parent", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["take"], ["takes.id"], name=op.f("fk_take_parents_take_takes"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("take", "place", name=op.f("pk_take_parents")),
    )
    op.create_index(op.f("ix_take_parents_parent"), "take_parents", ["parent"])
