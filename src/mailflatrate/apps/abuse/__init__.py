"""The abuse desk: cases with their evidence, deadlines, actions taken and correspondence.

Arrives: reports, from mail that inbound marked, the public page, denied sign-ups, and manual entry. Keeps: cases,
which no account can see; all a customer sees is the question the desk asks them. Hands on: suppressions, holds on
campaigns and account status changes, each carried out by an action of an earlier app.
"""
