"""Campaigns and their frozen editions.

Arrives: content, an audience, a time. Keeps: drafts and compiled editions. Hands on: an edition to the gate.
"""
