"""All URLs: the API's, then those of the pages."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from mailflatrate.entrypoints.api.v1 import service
from mailflatrate.entrypoints.web import urls as pages

handler404 = pages.handler404

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((service.urlpatterns, "api-v1"))),
    re_path(r"^api(?:/[\s\S]*)?$", service.nothing),
    path("", include(pages)),
]
