"""Who may send at all (R-01 to R-09, R-90): the desk decides, and these rules give it the facts."""
