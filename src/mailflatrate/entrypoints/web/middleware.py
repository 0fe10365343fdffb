"""Language, content security and the account of a request."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from mailflatrate.base import child, tracing
from mailflatrate.entrypoints.ui.content_policy import Nonce, policy_of, with_vite
from mailflatrate.entrypoints.ui.language import page_languages
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.settings import load_settings

Handler = Callable[[HttpRequest], HttpResponse]
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TraceMiddleware:
    """Middleware that traces each request in a span named after its URL pattern: the URL itself may contain a token."""

    def __init__(self, get_response: Handler) -> None:
        if not tracing.is_on():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method if request.method in KNOWN_METHODS else "other"
        with tracing.request_span(**{"http.request.method": method}) as span:
            response = self.get_response(request)
            route = getattr(request.resolver_match, "route", "") or "unknown"
            kind = "api" if route.startswith("api/") else "page"
            span.rename(f"{method} {route}")
            span.set(**{"http.route": route, "http.response.status_code": response.status_code, "request.kind": kind})
            account = getattr(request, "account", None)
            span.set(account=getattr(account, "id", None))
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                span.failed(str(response.status_code))
        return response


class LanguageMiddleware:
    """Sets the language: the visitor's cookie, else the browser's. Pages not for recipients fall back to English."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        languages = dict(settings.LANGUAGES)
        language = chosen if chosen in languages else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response

    def process_view(self, request: HttpRequest, view: Handler, _args: object, _kwargs: object) -> None:
        if request.LANGUAGE_CODE not in page_languages(request):
            request.LANGUAGE_CODE = ENGLISH
            translation.activate(ENGLISH)


class ContentSecurityMiddleware:
    """Middleware that sets the default content security policy; views set exceptions with `allow`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = nonce = Nonce()  # type: ignore[attr-defined]
        response = self.get_response(request)
        policy = with_vite(policy_of(request).header(nonce.value), load_settings())
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


class ChildBudgetMiddleware:
    """Middleware that limits one request's use of the processes that parse and compile untrusted input."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with child.budget():
            return self.get_response(request)


class MachineAddressMiddleware:
    """Accepts any host name from load balancers and Prometheus, which know only an address; responses have no link."""

    PATHS = frozenset({"/healthz", "/readyz", "/readyz/web", "/metrics", "/media-hosts/ask"})

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in self.PATHS:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].lstrip("*.") or "localhost"
        return self.get_response(request)


class NoStoreMiddleware:
    """Middleware that keeps pages out of all caches by default: nearly all of them are about people."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
