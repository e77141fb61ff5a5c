"""What we own and made: tracks and takes, their contents and lineage, in a folder and a database that vouch for each other."""

from .provenance import AdapterUse, Take, TakeDraft, TakeMetas
from .studio import Library, open_studio
from .takes import Filter
from .track import Source, Track, TrackDraft

__all__ = ["AdapterUse", "Filter", "Library", "Source", "Take", "TakeDraft", "TakeMetas", "Track", "TrackDraft", "open_studio"]
