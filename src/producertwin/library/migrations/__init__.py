"""Ordered, append-only changes of the library's schema, run on open."""
