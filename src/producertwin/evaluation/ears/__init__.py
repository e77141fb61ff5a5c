"""Trials of the detectors: defects planted into songs that are known to be fine."""
