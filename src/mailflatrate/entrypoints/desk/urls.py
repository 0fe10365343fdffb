"""URLs of the desk."""

from mailflatrate.entrypoints import desk
from mailflatrate.entrypoints.ui.pages import patterns

app_name = "desk"
urlpatterns = patterns(desk)
