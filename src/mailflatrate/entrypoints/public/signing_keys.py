"""The service's signing keys at a well-known address (RFC 8615), for anyone who verifies a consent certificate."""

from django.http import HttpRequest, JsonResponse

from mailflatrate.apps.lists.signing_keys import KEYS_PATH, key_history
from mailflatrate.entrypoints.ui.pages import public

FRESH_SECONDS = 3_600


@public(f"GET {KEYS_PATH[1:]}", "signing-keys")
def signing_keys(_request: HttpRequest) -> JsonResponse:
    """Return every public key ever used, with its signing period. Anyone may read it from any page."""
    return JsonResponse(
        key_history(),
        json_dumps_params={"indent": 1},
        headers={"Cache-Control": f"public, max-age={FRESH_SECONDS}", "Access-Control-Allow-Origin": "*"},
    )
