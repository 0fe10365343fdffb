"""Sender domains: DKIM keys, DNS records, checks. Takes a named domain, hands on a verified sender address."""
