"""Runs: executions of a recipe, each with its folder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of runs."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("recipe", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    for column in ("created", "kind", "state"):
        op.create_index(op.f(f"ix_runs_{column}"), "runs", [column])
