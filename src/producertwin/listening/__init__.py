"""Blind listening: tests that are prepared from matched sounds, heard without knowing, and scored by exact counts."""
