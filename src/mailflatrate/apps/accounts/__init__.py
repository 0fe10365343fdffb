"""Customers and the people who work for them: accounts, users, roles, agreements, imprint, account status, notices.

Takes in: an application, a sign-in. Stores: who may do what, and who accepted what. Passes on: an account that may (or
may not) send.
"""
