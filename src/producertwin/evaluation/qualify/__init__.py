"""What a variant can be relied on for, on the device at hand: probes, and the settings and the grade that follow from them."""
