"""Scoreboards of what is shipped: nano, the house band and the offline embedder."""
