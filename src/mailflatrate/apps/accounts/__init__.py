"""Customers and the people who work for them: accounts, users, roles, agreements, imprint, standing, notices.

Arrives: an application, a sign-in. Keeps: who may do what, and who accepted what. Hands on: an account that may (or
may not) send.
"""
