"""Figures, and the actions they require.

Takes in: results and feedback, as rows of the earlier apps. Stores: daily figures, which can be recomputed from those
rows at any time, and the actions taken. Passes on: account status changes, and holds on campaigns, by the rules of R-84
to R-90.
"""
