"""Settings of the mail that comes in: listeners, the mailbox of complaints, the test inbox."""

from enum import StrEnum

from pydantic import Field

from mailflatrate.settings.section import Port, Positive, Section


class ImapTls(StrEnum):
    """How the connection to the mailbox is protected."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NEVER = "never"


class InboundSettings(Section):
    """How mail comes in, and who may speak for others."""

    smtpd_host: str = Field("127.0.0.1", description="Address the inbound listeners bind to.")
    inbound_smtp_port: Port = Field(2525, description="Port of the inbound SMTP listener; 0 turns it off.")
    inbound_lmtp_port: Port = Field(2424, description="Port of the inbound LMTP listener; 0 turns it off.")
    inbound_relays: str = Field(
        "127.0.0.1,::1",
        description="Comma-separated networks of our own mail servers in front of the listeners; whom they name in"
        " their Received line is the sender's host. A relay is never a feedback loop itself.",
    )
    feedback_sources: str = Field(
        "127.0.0.2",
        description="Comma-separated networks of feedback loops whose reports are believed without a DKIM signature"
        " (R-78); by default only the test inbox of this host, which connects from 127.0.0.2.",
    )
    imap_host: str | None = Field(
        None, description="Server of a mailbox from which complaints are taken over IMAP. Without it none is read."
    )
    imap_port: Port = Field(993, description="Port of that server.")
    imap_user: str | None = Field(None, description="Who signs in to the mailbox.")
    imap_password: str | None = Field(None, description="His password.")
    imap_folder: str = Field("INBOX", description="Folder that is read; what is read is marked as seen and stays.")
    imap_tls: ImapTls = Field(
        ImapTls.IMPLICIT, description="`implicit`, `starttls`, or `never` for a server on this host."
    )
    imap_address: str | None = Field(
        None, description="Address whose mail lies in the mailbox; abuse@ of the service domain when absent."
    )
    postbox_port: Port = Field(2526, description="Port of the postbox, our own sink; 0 turns it off.")
    postbox_limit: Positive = Field(20_000, description="Messages the postbox keeps before it forgets the oldest.")
