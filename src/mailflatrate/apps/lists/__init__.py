"""Lists, contacts, subscriptions, the consent ledger and imports.

Arrives: rows with proof. Keeps: who consented to what, when and how. Hands on: people who may be mailed.
"""
