"""Processes that work: job registration, signals, wiring; nothing else."""
