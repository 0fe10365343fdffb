"""The command `mailflatrate`. Subcommands are loaded when they are called, so that the pure ones start fast."""

import importlib
import sys

import click

from mailflatrate import __version__

# command -> (module below this package, what it does in one line)
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("serve", "Run every process of this host under one supervisor."),
    "web": ("serve", "Serve the pages."),
    "worker": ("serve", "Work off background jobs."),
    "inbound": ("serve", "Listen for mail that comes back, and run the postbox."),
    "database": ("serve", "Run the embedded database in the foreground."),
    "exporter": ("exporter", "Serve the figures of a host without pages to Prometheus."),
    "migrate": ("setup", "Bring the database up to date."),
    "doctor": ("doctor", "Say what is missing for real sending."),
    "create-account": ("setup", "Create a customer's account."),
    "create-user": ("setup", "Create a person who signs in."),
    "setup-link": ("setup", "Print the link that creates the first operator in a browser."),
    "accounts": ("accounts", "List customers' accounts."),
    "campaigns": ("campaigns", "List, pause and resume campaigns."),
    "domains": ("domains", "List sender domains and check their DNS."),
    "queues": ("queues", "Show what waits in each queue, and who serves it."),
    "demo": ("demo", "Build the demonstration, send it, and show what happened."),
    "inspect": ("inspect", "Say what a bounce, report or answer means; no database needed."),
    "lint": ("lint", "Judge any e-mail by the rules of the gate; no database needed."),
    "address": ("address", "Judge addresses from standard input; no database needed."),
    "import": ("imports", "Import a file of contacts with their proof of consent."),
    "relays": ("relays", "List, add, edit, test, drain, enable or disable the relays."),
    "follow-postfix": ("follow", "Follow Postfix's log, so that results behind it are known."),
    "pause-all": ("sending", "Stop all sending within a second."),
    "resume-all": ("sending", "Let sending go on after a pause, a promotion or a restored backup."),
    "restored": ("sending", "Say that a backup was restored: nothing leaves before a person says so."),
    "journal": ("sending", "Read the journals of a sender host that was lost."),
    "backup": ("backup", "Make and verify backups."),
    "restore": ("backup", "Restore a backup; sending is held until a person resumes it."),
    "withdrawals": ("withdrawals", "Export or replay what people withdrew, for a restored backup."),
    "storage": ("storage", "Show where uploads and pictures are kept, and move them."),
    "audit": ("audit", "Check the audit log."),
    "consent": ("consent", "Verify a certificate of consent offline, or the whole ledger."),
    "settings": ("setup", "Print the table of settings."),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"mailflatrate.entrypoints.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace("-", "_") + "_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="mailflatrate", message="%(prog)s %(version)s")
def cli() -> None:
    """mailflatrate: an e-mail marketing service that cannot be used to spam."""


def main() -> None:
    """Entry point of the console script."""
    try:
        cli()
    except Exception as error:
        # The typed schema costs a tenth of a second, which the pure commands do without; what it raises, it has loaded.
        schema = sys.modules.get("mailflatrate.settings.schema")
        if schema is None or not isinstance(error, schema.SettingsError):
            raise
        click.echo(f"mailflatrate: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
