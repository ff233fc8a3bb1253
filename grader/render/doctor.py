"""What `zth doctor` found, a line each, with the remedy below."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader.render.style import OutcomeStyle
from grader.workspace.doctor import Finding, FindingState

LOOKS = {
    FindingState.OK: OutcomeStyle("✓", "well", "zth.pass"),
    FindingState.NOTE: OutcomeStyle("·", "to note", "zth.blocked"),
    FindingState.WRONG: OutcomeStyle("✗", "wrong", "zth.fail"),
}
NAME_WIDTH = 10


def finding_view(finding: Finding) -> RenderableType:
    """sign, what was looked at, what was found; the remedy where there is one."""
    look = LOOKS[finding.state]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(width=NAME_WIDTH, style="zth.target")
    table.add_column(overflow="fold")
    found = Text(finding.found, "" if finding.state is not FindingState.WRONG else look.style)
    table.add_row(Text(look.sign, look.style), finding.name, found)
    if finding.remedy:
        table.add_row("", "", Text(finding.remedy, "zth.command"))
    return table


def verdict(findings: Sequence[Finding]) -> Text:
    """The whole in a line."""
    wrong = sum(finding.state is FindingState.WRONG for finding in findings)
    if wrong:
        what = "1 thing is wrong" if wrong == 1 else f"{wrong} things are wrong"
        return Text(f"\n{what}; each says what to do.", "zth.fail")
    return Text("\nNothing is wrong.", "zth.pass")
