"""Training: checkpoints, LoRA training of twins, and nano from scratch."""
