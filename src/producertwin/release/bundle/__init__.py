"""A release: a twin in a folder of its own, with what vouches for it."""
