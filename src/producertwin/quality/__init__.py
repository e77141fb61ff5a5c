"""Quality: where a sound has defects, and which."""
