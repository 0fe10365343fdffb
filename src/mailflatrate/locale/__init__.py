"""Texts in every language: `<language>/LC_MESSAGES/django.po` is written by people, `.mo` is built from it.

`texts` and `formats` serve code that does not use Django. The other modules are tools: `make messages` (`messages`),
the compiler (`build`) and the list of missing translations (`missing`).
"""
