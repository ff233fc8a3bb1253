"""`zth dev`: for those who write the course."""

from __future__ import annotations

import typer

dev = typer.Typer(help="For those who write the course.", no_args_is_help=True)
