"""URLs of the pages."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from mailflatrate.entrypoints.apply import urls as apply
from mailflatrate.entrypoints.desk import urls as desk
from mailflatrate.entrypoints.public import urls as public
from mailflatrate.entrypoints.setup import urls as setup
from mailflatrate.entrypoints.sign_in import urls as sign_in
from mailflatrate.entrypoints.studio import urls as studio
from mailflatrate.entrypoints.web import health, icon, shared_report

handler404 = "mailflatrate.entrypoints.web.errors.not_found"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(setup.urlpatterns)),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("readyz/web", health.readyz_web, name="readyz_web"),
    path("metrics", health.metrics, name="metrics"),
    path("favicon.ico", icon.icon, name="icon"),
    path("language/", set_language, name="set_language"),
    path("studio/", include(studio)),
    path("desk/", include(desk)),
    path("apply/", include(apply)),
    path("s/<str:token>", shared_report.shared_report, name="shared-report"),
    path("", include(public.urlpatterns)),
    path("", include(sign_in.urlpatterns)),
]
