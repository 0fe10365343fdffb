"""Sender domains and addresses: DKIM keys, the DNS records to publish, what was found there, and when.

Arrives: a domain a customer names. Keeps: its keys and checks. Hands on: a verified sender address.
"""
