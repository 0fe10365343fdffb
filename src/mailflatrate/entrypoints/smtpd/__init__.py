"""Inbound mail: check the recipient, store the raw message, reply 250."""
