"""Transactional email in the studio: the log of messages, and templates up to their review (R-112)."""
