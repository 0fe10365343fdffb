"""Sign-up forms and landing pages as they are shown: inputs, style, addresses, embed codes."""
