"""What a display name can hide (R-45): other people's domains, foreign scripts, brands, badges.

`scripts` identifies characters and undoes disguises, `domains` finds addresses and domains in a text, `brands` knows
names that belong to others. All of it works on text and returns values.
"""
