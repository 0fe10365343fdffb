"""`mailflatrate backup` and `mailflatrate restore`: everything an installation needs, in one folder.

`manifest` says what is in it, `making` writes it, `restoring` brings it back, `tools` finds PostgreSQL's own programs.
"""

from mailflatrate.entrypoints.cli.backup.commands import backup_command, restore_command

__all__ = ["backup_command", "restore_command"]
