"""The abuse desk: cases with their evidence, deadlines, actions taken and correspondence.

Takes in: reports, from mail that inbound marked, the public page, denied sign-ups, and manual entry. Stores: cases,
which no account can see; a customer sees only the questions that the desk asks them. Passes on: suppressions, holds on
campaigns and account status changes, each carried out by an action of an earlier app.
"""
