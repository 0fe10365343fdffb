"""Signing in: the allauth pages we serve, and our own for the sign-in address."""
