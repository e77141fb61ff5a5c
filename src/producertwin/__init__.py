"""Producer Twin: learn a producer's sound, then produce with it."""

__version__ = "0.1.0"
