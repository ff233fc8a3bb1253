"""Reads what a learner wrote: files and notebooks as text, statements and names."""
