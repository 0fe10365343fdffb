"""Lists, contacts, subscriptions, the consent ledger and imports.

In: rows with proof. Keeps: who consented to what, when and how. Out: people who may be mailed.
"""
