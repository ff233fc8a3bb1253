"""A course on disk: its manifest, its targets, its stubs. Knows nothing of processes or screens."""
