"""Lists, contacts, subscriptions, the consent ledger and imports.

Takes in: rows with proof. Stores: who consented to what, when and how. Passes on: people who may be mailed.
"""
