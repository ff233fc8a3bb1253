# The targets are what CI runs, in this order.
.PHONY: ci test lint types layers prove bench bench-class goldens

ci: test lint types layers prove

test:
	pytest

lint:
	ruff check .
	ruff format --check .

types:
	mypy

layers:
	lint-imports

prove:
	zth dev check

bench:
	python -m benchmarks.startup
	python -m benchmarks.completion
	python -m benchmarks.cold_check
	python -m benchmarks.warm_judge
	python -m benchmarks.watch
	python -m benchmarks.proof

# half an hour on two cores
bench-class:
	python -m benchmarks.beside_nbgrader
	python -m benchmarks.inside_nbgrader
	python -m benchmarks.throughput
	python -m benchmarks.long_run
	python -m benchmarks.ten_thousand

goldens:
	ZTH_WRITE_GOLDENS=1 pytest tests/render tests/cli -n 0
	git diff --stat tests
