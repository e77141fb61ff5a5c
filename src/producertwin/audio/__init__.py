"""Signals only: decode and encode, meters, edits, tags and pictures."""
