"""Figures and what they call for.

Arrives: outcomes and feedback, as rows of the earlier stops. Keeps: daily figures, which can be made anew from those
rows at any time, and the measures taken. Hands on: the standing of accounts, and holds on mailings, by the rules of
R-84 to R-90.
"""
