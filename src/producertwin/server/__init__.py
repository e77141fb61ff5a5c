"""The studio over HTTP: what `twin serve` offers to a page and to programs, behind one guard."""
