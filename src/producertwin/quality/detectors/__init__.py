"""Detectors: pure functions that find what is wrong in a sound, and where."""
