"""French: what recipients read, and formats of dates."""
