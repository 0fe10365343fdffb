"""Pages about segments: the builder and its conditions."""
