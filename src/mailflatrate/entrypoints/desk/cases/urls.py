"""URLs of cases, stored mail and people."""

from mailflatrate.entrypoints.desk.cases import case, case_actions, export, figures, listing, mail, person
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = patterns(listing, figures, case_actions, case, export, mail, person)
