"""What a display name can hide (R-45): other people's domains, foreign scripts, brands, badges.

`scripts` tells characters apart and undoes disguises, `domains` finds addresses and domains in a text, `brands`
knows names that belong to others. Text in, values out.
"""
