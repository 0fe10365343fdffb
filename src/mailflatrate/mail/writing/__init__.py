"""Writing help: what a language model is asked about a draft, and how its answer becomes text again.

Takes in: passages of a draft (`passages`). Fields, links, addresses and markup are replaced with marks (`mask`), so a
model gets words alone. `questions` words what is asked, and `answers` reads what comes back, which is foreign bytes.
"""
