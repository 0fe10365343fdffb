"""Everything that pages and API both show and accept, so that both answer alike. Knows no URL, template or response."""
