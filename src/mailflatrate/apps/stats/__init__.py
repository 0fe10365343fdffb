"""Figures, recomputable from earlier apps' rows at any time, and the actions they require (R-84 to R-90)."""
