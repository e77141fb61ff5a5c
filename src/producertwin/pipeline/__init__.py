"""Stages and the executor that runs them."""
