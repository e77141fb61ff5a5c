"""Repair: what can be done about a defect, and whether it helped."""
