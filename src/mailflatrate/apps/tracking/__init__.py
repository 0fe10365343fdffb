"""Clicks, counted honestly.

Arrives: a click on a signed link. Keeps: the count, and the person only with their consent. Hands on: figures.
"""
