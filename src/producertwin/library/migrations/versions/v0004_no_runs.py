"""The table of runs goes: a run's folder is the truth, and no row was ever written."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Drop the table of runs."""
    op.drop_table("runs")
