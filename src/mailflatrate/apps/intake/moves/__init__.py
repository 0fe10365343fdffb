"""Moves: files of another system, checked together in a dry run, then imported one by one, opt-outs first."""
