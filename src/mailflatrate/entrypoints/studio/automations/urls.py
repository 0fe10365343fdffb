"""URLs of this area."""

from mailflatrate.entrypoints.studio.automations import (
    builder,
    creation,
    listing,
    messages,
    overview,
    people,
    rehearsal,
    release,
)
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = patterns(listing, creation, overview, people, messages, rehearsal, release, builder)
