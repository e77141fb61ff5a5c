"""Quality: which defects a sound has."""
