"""What a mailbox provider does when a reader clicks its unsubscribe button (RFC 8058 section 3.2)."""

import ssl
from urllib.parse import urlsplit

from mailflatrate.settings import load_settings
from mailflatrate.wire.http_post import post

TIMEOUT_SECONDS = 10.0
BODY = b"List-Unsubscribe=One-Click"


def post_one_click(path: str) -> int:
    """POST to our own public URL, never another host, as a provider would. Raises OSError if there was no response."""
    base = urlsplit(load_settings().public_url)
    context = ssl.create_default_context()
    if base.hostname == "localhost":  # the demo's certificate is self-signed
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = f"{base.scheme}://{base.netloc}{path}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return post(address, BODY, kind, seconds=TIMEOUT_SECONDS, most_octets=0, context=context).status
