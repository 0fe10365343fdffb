"""Settings for incoming mail: listeners, the mailbox for complaints, the test inbox."""

from pydantic import Field

from mailflatrate.settings.section import Port, Positive, Section
from mailflatrate.wire.smtp.types import ImapTls


class InboundSettings(Section):
    smtpd_host: str = Field("127.0.0.1", description="Address the inbound listeners bind to.")
    inbound_smtp_port: Port = Field(2525, description="Port of the inbound SMTP listener; 0 turns it off.")
    inbound_lmtp_port: Port = Field(2424, description="Port of the inbound LMTP listener; 0 turns it off.")
    inbound_relays: str = Field(
        "127.0.0.1,::1",
        description="Comma-separated networks of our own mail servers in front of the listeners. The host named "
        "in their Received line counts as the sending host. Such a server never counts as a feedback "
        "loop itself.",
    )
    feedback_sources: str = Field(
        "127.0.0.2",
        description="Comma-separated networks of feedback loops whose reports are accepted without a DKIM signature "
        "(R-78). The default is this host's test inbox, which connects from 127.0.0.2; it counts "
        "while no relay is set.",
    )
    imap_host: str | None = Field(
        None, description="IMAP server of a mailbox to read complaints from. Empty: no mailbox is read."
    )
    imap_port: Port = Field(993, description="Port of the IMAP server.")
    imap_user: str | None = Field(None, description="User name of the mailbox.")
    imap_password: str | None = Field(None, description="Password of the mailbox.")
    imap_folder: str = Field(
        "INBOX", description="Folder to read. Messages are marked as seen after reading and stay in the folder."
    )
    imap_tls: ImapTls = Field(
        ImapTls.IMPLICIT, description="`implicit`, `starttls`, or `never` for a server on this host."
    )
    imap_address: str | None = Field(
        None, description="Address that the mailbox belongs to. Default: abuse@ of the service domain."
    )
    submission_port: Port = Field(
        0,
        description="Port on which programs submit transactional messages by SMTP, with TLS from the first byte and an "
        "API key as password; usually 465. 0 turns it off, as does a missing certificate.",
    )
    submission_certificate: str | None = Field(
        None, description="File with the certificate chain of the submission port, as PEM."
    )
    submission_key: str | None = Field(
        None, description="File with the private key of the submission port's certificate, as PEM."
    )
    test_inbox_port: Port = Field(2526, description="Port of the built-in test inbox; 0 turns it off.")
    test_inbox_limit: Positive = Field(
        20_000, description="Number of messages the test inbox keeps before it deletes the oldest."
    )
