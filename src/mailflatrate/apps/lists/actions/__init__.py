"""Every write to lists, each in one transaction (or savepoint).

`consent` unsubscribes, `optin` accepts sign-ups, `erasure` removes people, `feedback` records bounces and complaints;
`lists`, `segments`, `tags`, `fields` and `contacts` are what the customer edits; `bulk` changes many contacts at once;
`imports` and `moves` accept files, `fetches` those of another system's API; `import_checks` checks the figures of an
import, `rejected_rows` returns refused rows, `exports` makes files; `origins` takes declarations of where a list comes
from, `origin_decisions` the desk's decisions on them (it opens the platform's scope on its own).
"""
