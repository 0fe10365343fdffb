"""The order in which rules are asked and what their verdicts mean. `judge` is the door: facts in, verdicts out."""
