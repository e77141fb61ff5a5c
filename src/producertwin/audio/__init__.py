"""Signals only: decode and encode, meters, edits and tags."""
