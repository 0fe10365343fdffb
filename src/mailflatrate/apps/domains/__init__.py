"""Sender domains and addresses: DKIM keys, the DNS records to publish, and the results of each check.

Takes in: a domain that a customer names. Stores: its keys and checks. Passes on: a verified sender address.
"""
