"""What a display name can hide (R-45): other people's domains, foreign scripts, brands, badges."""
