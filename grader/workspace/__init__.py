"""The learner's side: their workspace."""
