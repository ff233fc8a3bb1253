"""Grading a class: who handed in what, their marks, and where these are kept."""
