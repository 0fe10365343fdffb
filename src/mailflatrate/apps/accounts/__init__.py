"""Customers and the people who work for them: accounts, users, roles, agreements, imprint, account status, notices.

In: an application, a sign-in. Keeps: who may do what, and who accepted what. Out: an account that may (or may not)
send.
"""
