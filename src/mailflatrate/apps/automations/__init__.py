"""Automations: what starts from consent continues automatically, one step after another.

Arrives: an entry, such as a confirmed sign-up. Keeps: automations with their versions and steps, who is under way and
where, and each step that a person passed. Hands on: deliveries of the step's message, for the senders of all campaigns.

- `models`: automations, versions and steps; enrolments, passages, counts.
- `actions`: drafts, release, pause and end. `engine`: who enters, and who moves on, set by set.
- `queries`: what pages show. `figures`: how many people are at each step, from counts.
"""
