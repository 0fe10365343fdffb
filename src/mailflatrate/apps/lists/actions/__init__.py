"""Every write to lists; each is one transaction (or savepoint).

`consent` unsubscribes, `optin` accepts sign-ups, `erasure` removes people, `feedback` records bounces and complaints,
`lists`, `segments`, `tags`, `fields` and `contacts` are what the customer edits, `bulk` changes many contacts at once,
`imports` and `moves` accept files, `fetches` those of another system's API, `import_checks` counts what a file
contained, `rejected_rows` returns what was refused, `exports` makes files, `origins` says where a list comes from,
`origin_decisions` is what the desk answers (it opens the platform's scope on its own).
"""
