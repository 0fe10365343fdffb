"""URLs of this area."""

from mailflatrate.entrypoints.web.pages import patterns
from mailflatrate.entrypoints.web.studio.automations import (
    builder,
    creation,
    listing,
    messages,
    overview,
    people,
    rehearsal,
    release,
)

urlpatterns = patterns(listing, creation, overview, people, messages, rehearsal, release, builder)
