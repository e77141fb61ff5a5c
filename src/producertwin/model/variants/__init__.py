"""The variants of the instrument: which there are, and how one is fetched, checked, converted and opened."""
