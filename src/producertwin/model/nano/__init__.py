"""Nano's own parts: its codec, its words and its embedder."""
