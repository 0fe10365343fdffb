"""How a consent is proved: the hashing of the ledger, and the check of a certificate, the same online and offline.

Read in this order: `record` (an event, its evidence and a seal as text, and the hash of each), `merkle` (many hashes
under one root), `stamps` (a third party's statement of time), `certificate` (all of it checked from one file). Pure:
nothing here uses a database. A verifier who trusts no one can read these four files and write their own.
"""
