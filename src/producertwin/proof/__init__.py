"""Proving that a twin learned: the same prompts played by base and twin, beside the producer's own held-out music."""
