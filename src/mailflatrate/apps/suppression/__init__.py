"""Addresses never to mail, per account and platform-wide, as keyed hashes. Passes on: a refusal."""
