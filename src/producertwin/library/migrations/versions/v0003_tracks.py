"""Tracks and the notes taken of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of tracks."""
    op.create_table(
        "tracks",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("producer", sa.String, nullable=False),
        sa.Column("grouping", sa.String),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("audio", sa.String(67), nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
    )
    for column in ("created", "producer", "grouping", "audio"):
        op.create_index(op.f(f"ix_tracks_{column}"), "tracks", [column])
    op.create_table(
        "track_notes",
        sa.Column("track", sa.String(12), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["track"], ["tracks.id"], name=op.f("fk_track_notes_track_tracks"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("track", "kind", name=op.f("pk_track_notes")),
    )
    op.create_index(op.f("ix_track_notes_kind"), "track_notes", ["kind"])
