"""Durable work: jobs that survive whoever does them, on DBOS."""
