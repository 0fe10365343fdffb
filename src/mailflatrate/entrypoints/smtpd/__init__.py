"""Inbound mail: check the recipient, store the message raw, answer 250."""
