"""Addresses never to mail: per account and platform-wide, known by a keyed hash, each with reason and evidence.

Arrives: an address and why. Keeps: its hash. Hands on: a refusal.
"""
