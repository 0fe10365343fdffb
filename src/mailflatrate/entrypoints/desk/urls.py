"""URLs of the desk."""

from mailflatrate.entrypoints import desk
from mailflatrate.entrypoints.ui.pages import patterns
from mailflatrate.kinds import extension_modules

app_name = "desk"
urlpatterns = patterns(desk, *extension_modules("desk_pages"))
