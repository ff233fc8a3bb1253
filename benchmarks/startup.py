"""The commands that only read the course, beside the import of the libraries they are made with."""

from benchmarks.side_by_side import compare, python, zth

BESIDE = python("import typer, rich")

if __name__ == "__main__":
    compare("zth list", zth("list"), BESIDE, 4)
    compare("zth --help", zth("--help"), BESIDE, 4)
