"""Incoming contact files: turned into rows, interpreted, judged by the rules, written slice by slice."""
