"""The engine: decides who enters and who moves on, in batches, each in one transaction."""
