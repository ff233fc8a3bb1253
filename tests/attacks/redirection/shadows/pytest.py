"""A pytest of the learner's own, which knows only one answer."""


def __getattr__(name):
    print("SHADOWED")
    return lambda *a, **k: True
