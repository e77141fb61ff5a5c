"""The command line: thin callers, one file per group of verbs."""
