"""Every address of the desk, by area."""

from django.urls import path

from mailflatrate.entrypoints.web.desk import home, privacy

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("privacy/", privacy.privacy, name="privacy"),
]
