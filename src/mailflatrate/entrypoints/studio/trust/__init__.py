"""Senders, imprint, agreements, account status, team."""
