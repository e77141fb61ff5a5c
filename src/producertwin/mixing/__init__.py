"""Mixing: the desk, and what is handed over to workstations."""
