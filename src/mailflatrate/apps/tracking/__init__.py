"""Clicks, without those of scanners.

Takes in: a click on a signed link. Stores: the count, and the person only with their consent. Passes on: figures.
"""
