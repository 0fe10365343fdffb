"""Sign-up forms in the studio: the builder, what goes on other pages, who signed up, and asking a person by hand."""
