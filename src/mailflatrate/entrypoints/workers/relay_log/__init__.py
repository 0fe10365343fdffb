"""Following a relay's log: where its lines come from, and the loop that hands them to `inbound.actions.relay_log`."""
