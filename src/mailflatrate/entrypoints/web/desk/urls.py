"""Every address of the desk, by area."""

from django.urls import path

from mailflatrate.entrypoints.web.desk import home, origins, privacy

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("origins/", origins.queue, name="origins"),
    path("origins/<int:origin_id>/", origins.one, name="origin"),
    path("origins/<int:origin_id>/decide/", origins.decide, name="origin-decide"),
    path("origins/<int:origin_id>/picture", origins.picture, name="origin-picture"),
    path("held-imports/<int:import_id>/", origins.held, name="held-import"),
    path("held-imports/<int:import_id>/decide/", origins.decide_held, name="held-import-decide"),
]
