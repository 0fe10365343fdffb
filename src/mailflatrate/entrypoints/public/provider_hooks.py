"""Where the providers of our relays post their events: the address is drawn, and each post is proved first."""

from django.http import HttpRequest, HttpResponse

from mailflatrate.apps.inbound import provider_posts
from mailflatrate.apps.inbound.provider_posts import PostResult
from mailflatrate.entrypoints.ui.pages import public

_STATUS = {
    PostResult.TAKEN: 200,
    PostResult.KNOWN: 200,
    PostResult.NO_HOOK: 404,
    PostResult.UNPROVED: 401,
    PostResult.BUSY: 503,
}


@public("POST hooks/<slug:provider>/<str:token>", "provider-hook")
def post(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """Store a provider's post, if it is proved, and answer before it is read. A repeated one is accepted again."""
    hook = provider_posts.find(provider, token)
    if hook is None:
        return _answer(PostResult.NO_HOOK)
    body = request.read(provider_posts.LARGEST_OCTETS + 1)
    if len(body) > provider_posts.LARGEST_OCTETS:
        provider_posts.refuse(hook, "the post is too large")
        return HttpResponse("too large\n", status=413, content_type="text/plain")
    return _answer(provider_posts.take_post(hook, request.headers, body))


def _answer(result: PostResult) -> HttpResponse:
    response = HttpResponse(f"{result.value}\n", status=_STATUS[result], content_type="text/plain")
    if result is PostResult.BUSY:
        response.headers["Retry-After"] = "60"
    return response
