"""How platforms lay a class's submissions out: one module a platform, each a list of what was found."""
