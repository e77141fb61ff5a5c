"""Metrics: functions on sounds and embeddings, the embedders, and what each responds to."""
