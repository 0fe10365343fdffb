"""Who is on the other end of a request."""

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The address of the client. X-Forwarded-For is believed only from the proxies that the settings name.

    The right-most entry is the one that our own proxy wrote; anything left of it a stranger may have made up.
    """
    peer = request.META.get("REMOTE_ADDR") or None
    proxies = settings.SETTINGS.trusted_proxies.split(",")
    if peer not in proxies:
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    outside = [hop for hop in hops if hop not in proxies]
    return outside[-1] if outside else peer
