"""Sender domains and addresses: DKIM keys, the DNS records to publish, and the results of each check.

In: a domain that a customer names. Keeps: its keys and checks. Out: a verified sender address.
"""
