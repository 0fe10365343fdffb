"""Inbound mail: check the recipient, store the raw message, answer 250."""
