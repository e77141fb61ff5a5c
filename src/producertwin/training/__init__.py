"""Training: checkpoints, and nano from scratch."""
