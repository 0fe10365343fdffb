"""A Dovecot of its own on a free port, with one mailbox; runs beside any other, as root."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imap_tools import MailBoxUnencrypted

from free_ports import free_ports
from support.postfix_host import wait_for_greeting

DOVECOT = Path("/usr/sbin/dovecot")
USER, PASSWORD = "abuse", "secret"
CONFIGURATION = """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = mail
    gid = mail
    home = {folder}/mail/%{{user}}
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class DovecotHost:
    """A running instance."""

    port: int

    def deliver(self, *messages: bytes) -> None:
        """Put messages into the mailbox, unseen."""
        with self._opened() as box:
            for raw in messages:
                box.append(raw, "INBOX")

    def flags(self) -> list[set[str]]:
        with self._opened() as box:
            return [set(message.flags) for message in box.fetch(mark_seen=False)]

    def flag(self, number: int, name: str, *, value: bool) -> None:
        """Set a flag as the operator does in their mail program."""
        with self._opened() as box:
            command = "+FLAGS.SILENT" if value else "-FLAGS.SILENT"
            box.client.uid("STORE", box.uids()[number], command, f"({name})")

    def _opened(self) -> MailBoxUnencrypted:
        return MailBoxUnencrypted("127.0.0.1", self.port).login(USER, PASSWORD)


def why_not() -> str:
    """Why no Dovecot can be started here; empty where one can."""
    if not DOVECOT.exists():
        return "Dovecot is not installed: apt-get install dovecot-imapd"
    version = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=True).stdout
    return "" if version >= "2.4" else f"the configuration is for Dovecot 2.4, here is {version.strip()}"


@contextmanager
def dovecot_host() -> Iterator[DovecotHost]:
    """Start one and stop it afterward."""
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-dovecot-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "mail", "mail")
    (port,) = free_ports(1)
    configuration = folder / "dovecot.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, password=PASSWORD))
    try:
        with subprocess.Popen([DOVECOT, "-F", "-c", configuration]) as process:
            wait_for_greeting(port, greeting=b"* O")
            yield DovecotHost(port)
            process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
