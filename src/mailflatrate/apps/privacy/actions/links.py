"""URLs of the pages where a person confirms a data request."""

from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings.schema import load_settings


def request_url(request: PrivacyRequest) -> str:
    token = key_ring().seal(TokenPurpose.PRIVACY_REQUEST, request.account_id, request.id)
    return f"{load_settings().public_url}/r/{token}"
