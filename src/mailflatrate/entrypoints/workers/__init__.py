"""Worker processes: job registration, signals and their connections; nothing else."""
