"""Addresses never to mail: per account and platform-wide, known by a keyed hash, each with reason and evidence.

In: an address and why. Keeps: its hash. Out: a refusal.
"""
