"""The verbs: one function for each kind of long work. Command line, jobs, server and agent call them."""
