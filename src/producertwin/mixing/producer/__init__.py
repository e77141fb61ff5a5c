"""The producer model: which stems to make, how a desk is set, how good a mix is; one small net with three heads."""
