"""The proof of a course as a table, and what did not hold."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.authoring.prove import Count, Proof

HEADINGS = (
    *("stubs", "solutions", "examples", "chaffs", "wheats", "mutants"),
    *("equal", "score", "seconds"),
)
"""`equal`: mutants that no check can tell from the solution, each listed with the reason."""


def proof_table(proofs: Sequence[Proof]) -> RenderableType:
    """One row for each lecture: how many of how many, and the mutation score."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="zth.label")
    table.add_column("lecture", style="zth.target")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for proof in proofs:
        counts = (
            *(proof.stubs, proof.solutions, proof.examples),
            *(proof.chaffs, proof.wheats, proof.mutants),
        )
        table.add_row(
            proof.lecture,
            *map(_count, counts),
            str(proof.equivalent),
            f"{proof.score:.1%}" if proof.mutants.of else "-",
            f"{proof.seconds:.1f}",
        )
    return table


def conclusions(proofs: Sequence[Proof]) -> RenderableType:
    """What is proved; and each thing that did not hold, and where."""
    lines = []
    for proof in proofs:
        if not proof.breaches:
            lines.append(Text.assemble(("✓ ", "zth.pass"), (proof.target, "zth.target"), " holds"))
        for breach in proof.breaches:
            where = (breach.where, "zth.target")
            lines.append(Text.assemble(("✗ ", "zth.fail"), where, f": {breach.what}"))
    return Group(*lines)


def _count(count: Count) -> Text:
    return Text(f"{count.good}/{count.of}", "zth.pass" if count.good == count.of else "zth.fail")
