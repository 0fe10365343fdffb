"""Pages, feeds and fields from other systems: foreign bytes, bounded, and read in a child process."""
