"""The library's tables, as the newest migration leaves them.

A row holds a take's whole record as JSON, which is the truth, and beside it the columns that lists search by. `parent` has no
foreign key: lineage is kept even where a damaged studio has lost an ancestor.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text

HEAD = "0006"
"""Newest schema this version knows; migrations are numbered upwards."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

takes = Table(
    "takes",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("created", String(27), nullable=False, index=True),  # ISO, UTC, microseconds: sorts as text
    Column("session", String, index=True),
    Column("variant", String, nullable=False, index=True),
    Column("task", String, nullable=False, index=True),
    Column("search", Text, nullable=False),  # caption and lyrics, case-folded
    Column("audio", String(67), nullable=False, index=True),  # the blob of its sound; latents where nobody decoded them
    Column("latents", String(67), index=True),
    Column("picture", String(67), index=True),
    Column("record", JSON, nullable=False),
)

take_parents = Table(
    "take_parents",
    metadata,
    Column("take", String(12), ForeignKey("takes.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("parent", String(12), nullable=False, index=True),
)

take_labels = Table(
    "take_labels",
    metadata,
    Column("take", String(12), primary_key=True),  # of a take in the trash, too
    Column("liked", Boolean, nullable=False),
    Column("rating", Integer),
    Column("folder", String, nullable=False, index=True),
    Column("tags", Text, nullable=False),  # case-folded, each between two line ends
    Column("search", Text, nullable=False),  # title, remark and tags, case-folded
    Column("record", JSON, nullable=False),
)

tracks = Table(
    "tracks",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("created", String(27), nullable=False, index=True),
    Column("producer", String, nullable=False, index=True),
    Column("grouping", String, index=True),
    Column("title", String, nullable=False),
    Column("audio", String(67), nullable=False, index=True),
    Column("record", JSON, nullable=False),
)

track_notes = Table(
    "track_notes",
    metadata,
    Column("track", String(12), ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String, primary_key=True, index=True),
    Column("record", JSON, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("created", String(27), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("judge", String, nullable=False),
    Column("take", String(12), index=True),  # of a take that is gone for good, too
    Column("other", String(12), index=True),  # B of a preference
    Column("withdraws", String(12), index=True),  # the verdict that this one takes back
    Column("record", JSON, nullable=False),
)
