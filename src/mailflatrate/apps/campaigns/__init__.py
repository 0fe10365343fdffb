"""Campaigns and their frozen editions.

Takes in: content, an audience, a time. Stores: drafts and compiled editions. Passes on: an edition to the gate.
"""
