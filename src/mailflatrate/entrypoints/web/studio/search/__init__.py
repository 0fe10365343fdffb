"""The search over everything in an account.

Takes in: the typed text. Stores: nothing. Passes on: results in groups.
"""
