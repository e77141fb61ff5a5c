"""Hand-over: a song as files that every workstation opens, or put into one that is open."""
