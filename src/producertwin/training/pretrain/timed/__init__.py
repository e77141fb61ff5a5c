"""nano from scratch by the clock: every phase ends at its time with what it has, on a GPU in one call or on a CPU in hours."""
