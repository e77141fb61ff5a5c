"""The training of the producer model: its songs, the desks that are known of them, and its three losses."""
