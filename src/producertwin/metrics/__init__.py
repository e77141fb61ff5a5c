"""Metrics: pure functions on sounds and embeddings."""
