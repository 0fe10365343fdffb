"""Reads of the abuse desk: the queue, a full case, search, figures. Customers read `questions` only."""
