"""Runs the learner's code in processes that have nothing but their inputs, with limits."""
