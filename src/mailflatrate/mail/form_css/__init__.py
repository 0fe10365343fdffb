"""A sign-up form's own style sheet, which can't hide or load anything (docs/features/form-steps-and-styles.md).

Input: CSS as the customer wrote it. Output: rules for the parts of our own form, and what was left out, by line. Only
what is understood gets through: `sheet` knows the parts and at-rules, `values` the properties and their values.
"""
