"""Every published accuracy and speed figure: `python -m benchmarks NAME` (docs/benchmarks.md)."""
