"""Proof and people's rights: certificates, access, erasure, retention. Knows every other app; none knows it."""
