"""Writing help: what an account agreed to, what is asked, and what a model wrote."""
