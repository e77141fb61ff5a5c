"""Mixing: a typed desk, the Faust it is written as, the engine that plays it, rules that set it, hand-over to workstations."""
