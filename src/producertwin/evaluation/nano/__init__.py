"""The scoreboard of nano, against the band that taught it."""
