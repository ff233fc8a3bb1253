"""For those who write the course: prove it, and begin a new exercise."""
