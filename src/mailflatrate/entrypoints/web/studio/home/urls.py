"""URLs of this area."""

from django.urls import URLPattern, path

from mailflatrate.entrypoints.web.studio.home import views

urlpatterns: list[URLPattern] = [path("", views.home, name="home")]
