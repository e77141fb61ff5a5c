"""Direct preference optimisation of an adapter for flow matching."""
