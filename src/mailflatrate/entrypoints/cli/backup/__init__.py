"""`mailflatrate backup` and `mailflatrate restore`: everything an installation needs, in one folder."""

from mailflatrate.entrypoints.cli.backup.commands import backup_command, restore_command

__all__ = ["backup_command", "restore_command"]
