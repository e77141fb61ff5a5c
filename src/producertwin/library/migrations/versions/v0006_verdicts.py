"""Verdicts on takes: ratings, preferences, and what was taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table of verdicts. They outlive their takes, so no key leads to those."""
    op.create_table(
        "verdicts",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("judge", sa.String, nullable=False),
        sa.Column("take", sa.String(12)),
        sa.Column("other", sa.String(12)),
        sa.Column("withdraws", sa.String(12)),
        sa.Column("record", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    for column in ("created", "take", "other", "withdraws"):
        op.create_index(op.f(f"ix_verdicts_{column}"), "verdicts", [column])
