"""Automations: the list, the builder of a flow, and its side panels."""
