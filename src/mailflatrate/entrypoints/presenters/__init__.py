"""Everything that pages and API both show and accept, so that both give the same answers.

Takes in: rows and verdicts. Passes on: panels, figures and outcomes in the reader's language, and the forms that check
input. Nothing here knows a request's URL, a template or a response.
"""
