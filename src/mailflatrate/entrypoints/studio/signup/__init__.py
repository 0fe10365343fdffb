"""Sign-up forms in the studio: the builder, embed codes, sign-ups, and requesting a confirmation by hand."""
