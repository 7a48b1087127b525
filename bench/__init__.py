"""Benchmarks, each with its control: `python -m bench NAME --help`. bench/README.md has the figures."""
