"""Open workstations: what is said to them while they run."""
