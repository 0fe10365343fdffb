"""Parts that nothing imports: each folder registers itself, and the rest runs without it (docs/extending.md)."""
