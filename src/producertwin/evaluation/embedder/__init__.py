"""The scoreboard of the offline embedder."""
