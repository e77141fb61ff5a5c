"""Training an adapter: a producer's sound learned from their own tracks."""
