"""`mailflatrate backup` and `mailflatrate restore`: everything an installation needs, in one folder.

`manifest` describes a backup's contents, `create` writes it, `restore` restores it, `tools` finds PostgreSQL's own
programs.
"""

from mailflatrate.entrypoints.cli.backup.commands import backup_command, restore_command

__all__ = ["backup_command", "restore_command"]
