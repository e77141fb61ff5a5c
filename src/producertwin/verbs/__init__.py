"""The verbs: one function for each kind of long work. The command line calls them."""
