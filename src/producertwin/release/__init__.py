"""What leaves the studio: the instrument played by other programs."""
