"""The gate: loads facts, runs the rules, stores every verdict, and is the only giver of permits.

Arrives: an edition and its audience. Keeps: decisions with hits and misses. Hands on: permits.
"""
