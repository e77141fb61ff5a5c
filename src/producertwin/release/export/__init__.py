"""Weights for other programs and other machines: an adapter merged into its instrument, cast, and written."""

from .merge import cast, merge
from .original import write_original

__all__ = ["cast", "merge", "write_original"]
