"""Judging: checks here, the learner's code in a process of its own, plain data between them."""
