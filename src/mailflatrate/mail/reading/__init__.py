"""Parsing of a returned message: a tolerant MIME reader and the values that the readers return.

Takes in: raw bytes from anywhere. Stores: nothing. Passes on: parts, decoded text and frozen values; never raises.
"""
