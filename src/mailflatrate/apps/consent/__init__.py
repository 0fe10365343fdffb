"""The consent ledger: who asked, confirmed or withdrew, when and from where, and the seals that prove it.

In: events of forms, imports and people. Kept: event and evidence, append-only, sealed into one chain. Out: proof.
"""
