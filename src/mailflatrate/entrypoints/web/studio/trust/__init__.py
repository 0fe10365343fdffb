"""Senders, imprint, agreements, standing, team."""
