"""The command of this extension."""

COMMANDS = {
    "follow-postfix": (
        "mailflatrate.extensions.relay_log.command",
        "Follow Postfix's log to record final delivery results.",
    ),
}
