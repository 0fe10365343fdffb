"""The abuse desk: cases with their evidence, deadlines, measures and correspondence.

Arrives: reports, by mail that inbound marked, from the public page, from sign-ups that somebody denied, by hand. Keeps:
cases, which no account sees; the one thing that a customer sees is the question that the desk asks him. Hands on:
suppressions, holds on mailings and the standing of accounts, each an action of an earlier stop.
"""
