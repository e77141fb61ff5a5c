"""From raw tracks to a training set: ingest, screen, caption, split, encode."""
