"""The command of this extension."""

COMMANDS = {
    "lint": ("mailflatrate.extensions.lint.command", "Check any email against the sending rules. Needs no database."),
}
