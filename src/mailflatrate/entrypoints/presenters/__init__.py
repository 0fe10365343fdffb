"""What pages and API both say and accept, so that no answer depends on which of them was asked.

In: rows and verdicts. Out: panels, figures and outcomes in the reader's words, and the forms that check what both take.
Nothing here knows a request's URL, a template or a response.
"""
