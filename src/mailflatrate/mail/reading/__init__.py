"""A tolerant parser of returned messages: raw bytes in; parts, decoded text and frozen values out; never raises."""
