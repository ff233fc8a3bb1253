"""Lines that only IPython understands, taken out of a source: `!pip install torch`, `%matplotlib inline`.

They stand in notebooks, and in a .py that was made from one.
"""

from __future__ import annotations

import re

SHOWN = 60
"""Characters of such a line that are told."""


def without_magics(code: str) -> tuple[str, list[tuple[int, str]]]:
    """The code with IPython's lines blanked, and which they were, by their numbers.

    Lines within strings and brackets are left as they are.

    >>> without_magics("!pip install torch\\nx = 1\\n%time f(x)")
    ('\\nx = 1\\nf(x)', [(1, '!pip install torch'), (3, '%time f(x)')])
    """
    magics: list[tuple[int, str]] = []
    kept: list[str] = []
    depth = 0
    within = ""  # the quotation marks of a string that goes on
    goes_on = False  # after a backslash
    for number, line in enumerate(code.split("\n"), 1):
        if not depth and not within and not goes_on and (match := _LINE_MAGIC.match(line)):
            magics.append((number, line.strip()[:SHOWN]))
            timed = match["timed"]
            blank = f"{match['indent']}pass" if match["indent"] else ""
            kept.append(f"{match['indent']}{timed}" if timed else blank)
            continue
        kept.append(line)
        goes_on = not within and line.endswith("\\")
        at = 0
        while token := (_CLOSE[within] if within else _TOKEN).search(line, at):
            at = token.end()
            text = token[0]
            if within:
                within = "" if text == within else within
            elif text in _CLOSE:
                within = text
            elif text in "([{":
                depth += 1
            elif text in ")]}":
                depth = max(0, depth - 1)
            elif text.startswith("#"):
                goes_on = False
                break
    return "\n".join(kept), magics


_LINE_MAGIC = re.compile(
    r"(?P<indent>\s*)(?:%(?:time|timeit)\s+(?P<timed>[^-\s].*)"
    r"|(?:%|!|\?)\S?.*|(?:[\w.]+\s*(?:,\s*\w+\s*)*=\s*)[%!].*|%?[\w.]+\?{1,2}\s*)$"
)
_TOKEN = re.compile(r'"""|' r"'''|" r'"(?:[^"\\]|\\.)*"?|' r"'(?:[^'\\]|\\.)*'?|" r"#.*|[()\[\]{}]")
_CLOSE = {mark: re.compile(rf"\\.|{mark}") for mark in ('"""', "'''")}
