"""Transactional email: messages that a contract with one person calls for, such as an invoice (R-112, ADR 0058).

Takes in: templates with declared fields, and requests to send one to a person about a named order, account or ticket.
Keeps: each version of a template with its review, what it compiles to, every message and the log of it, and the
addresses whose readers said that it wasn't them. Hands on: a message to the gate and to delivery, where it is the
fourth basis of a delivery. An operator switches it on for an account (`actions.switch`) and reviews every version
(`actions.reviews`); `declared_fields` checks what a program sends, `compiled` makes the parts.
"""
