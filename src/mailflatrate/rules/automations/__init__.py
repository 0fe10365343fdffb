"""What an automation is and how it moves on, in pure Python: JSON is read into a graph, which `problems` checks and
`compiling` makes flat steps; `waits` knows when a step is due.
"""
