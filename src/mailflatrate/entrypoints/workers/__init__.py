"""Worker processes: job registration, signals, wiring; nothing else."""
