"""zth: a course that marks itself. `errors ← course ← judge ← learn, author ← show ← cli`."""
