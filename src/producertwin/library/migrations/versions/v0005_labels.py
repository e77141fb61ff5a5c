"""What people say of takes: folders, tags, likes, ratings, notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table of labels. Takes in the trash have them too, so no key leads to the takes."""
    op.create_table(
        "take_labels",
        sa.Column("take", sa.String(12), nullable=False),
        sa.Column("liked", sa.Boolean, nullable=False),
        sa.Column("rating", sa.Integer),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("take", name=op.f("pk_take_labels")),
    )
    op.create_index(op.f("ix_take_labels_folder"), "take_labels", ["folder"])
