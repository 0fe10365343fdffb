"""Following a relay's log: the sources of its lines, and the loop that passes them to `actions`."""
