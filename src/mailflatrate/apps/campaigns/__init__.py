"""Campaigns and their frozen editions. Keeps drafts and compiled editions; hands an edition to the gate."""
