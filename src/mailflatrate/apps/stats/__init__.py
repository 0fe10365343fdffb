"""Figures and what they call for.

Arrives: results and feedback, as rows of the earlier apps. Keeps: daily figures, which can be recomputed from
those rows at any time, and the actions taken. Hands on: account status changes, and holds on campaigns, by the
rules of R-84 to R-90.
"""
