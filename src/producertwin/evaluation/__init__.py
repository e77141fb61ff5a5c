"""Proof: metrics and adherence, as pure functions."""
