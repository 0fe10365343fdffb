"""The abuse desk. Arrives: reports, from marked mail, the public page, denied sign-ups, manual entry. Keeps: cases,
which no account sees; customers see only the desk's questions. Hands on: suppressions, holds and status changes, by
actions of earlier apps.
"""
