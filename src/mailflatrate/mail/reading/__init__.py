"""Parsing of a returned message: a tolerant MIME reader and the values that the readers hand on.

Arrives: raw bytes from anywhere. Kept: nothing. Handed on: parts, decoded text and frozen values; never an
exception.
"""
