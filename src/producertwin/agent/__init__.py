"""From a brief to finished tracks: it plans an album, has it played, inspects, repairs, masters and tells why."""
