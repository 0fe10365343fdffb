"""Which origins of addresses are allowed (R-10, R-11), and what a file of addresses reveals about its own (R-15)."""
