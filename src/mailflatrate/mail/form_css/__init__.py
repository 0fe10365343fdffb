"""A sign-up form's own style sheet, which can't hide or load anything (docs/features/form-steps-and-styles.md): only
what is understood gets through. `sheet` knows the parts and at-rules, `values` the properties.
"""
