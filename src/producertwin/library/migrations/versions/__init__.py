"""One file per change, numbered upwards."""
