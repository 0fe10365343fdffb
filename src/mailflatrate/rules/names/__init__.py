"""What a display name can hide (R-45): other people's domains, foreign letters, brands, badges.

`scripts` tells letters apart and undoes disguises, `domains` finds addresses and domains in a text, `brands` knows
names that are somebody's. Text in, values out.
"""
