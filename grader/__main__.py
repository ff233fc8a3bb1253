"""`zth`, and `python -m grader`: answer the shell that completes a line, or run the command."""

from __future__ import annotations

import gc
import os


def main() -> None:
    """Only what is needed is imported: somebody waits for the word after a TAB."""
    if "_ZTH_COMPLETE" in os.environ:
        from grader.cli import completion

        completion.answer_the_shell()
    gc.disable()  # all that is imported stays: to look for garbage in it is a tenth of the start
    from grader.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
