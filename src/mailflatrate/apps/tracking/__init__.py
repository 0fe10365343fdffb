"""Clicks, without those of scanners: the count, and the person only with their consent. Hands on figures."""
