"""The gate: loads facts, runs the rules, stores every verdict, and is the only issuer of permits.

Takes in: an edition and its audience. Stores: decisions with hits and misses. Passes on: permits.
"""
