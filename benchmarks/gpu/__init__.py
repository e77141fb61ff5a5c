"""What needs a GPU, measured in one go: see `__main__`."""
