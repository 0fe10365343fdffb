"""What an automation is and how it moves on: its graph, what is wrong with it, its steps, and when each is due. Pure.

- `graph`: the graph as its author wrote it, as frozen dataclasses.
- `reading`: JSON -> graph. What has the wrong shape is refused; what is merely unfinished is a problem.
- `problems`: what keeps a graph from being activated, with the step it belongs to.
- `compiling`: graph -> flat steps, one row each, that name the step after them.
- `waits`: when a step is due, in the zone of a person, whatever the clocks do; quiet hours; days of date fields.
- `promises`: how often a consent's wording says that messages come.
"""
