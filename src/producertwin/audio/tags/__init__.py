"""Metadata inside sound files: read, written and joined for every format."""
