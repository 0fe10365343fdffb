"""A customer's own style sheet for a sign-up form, held to what can't hide anything or load anything (ADR 0084).

Input: CSS as the customer wrote it. Output: rules for the parts of our own form, and what was left out, by line. Only
what is understood gets through: `sheet` knows the parts and at-rules, `values` the properties and their values.
"""
