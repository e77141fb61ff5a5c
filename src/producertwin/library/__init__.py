"""What we own and made: takes with their contents and lineage, in a folder and a database that vouch for each other."""

from .provenance import AdapterUse, Take, TakeDraft, TakeMetas
from .studio import Library, open_studio
from .takes import Filter

__all__ = ["AdapterUse", "Filter", "Library", "Take", "TakeDraft", "TakeMetas", "open_studio"]
