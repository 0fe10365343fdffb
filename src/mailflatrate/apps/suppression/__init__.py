"""Addresses never to mail, per account and platform-wide: stored as a keyed hash, each with reason and evidence.

Takes in: an address and a reason. Stores: the address's hash. Passes on: a refusal.
"""
