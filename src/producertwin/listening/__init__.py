"""Blind listening tests: prepared from matched sounds, run in a terminal or a browser, and scored by exact statistics."""
