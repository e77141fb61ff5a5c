"""The scoreboard of the house band."""
