"""Writing help: passages of a draft, masked so that a model gets words alone, become a question, and its answer, which
is foreign bytes, text again.
"""
