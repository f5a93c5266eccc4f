"""Every published accuracy and speed figure: `python -m benchmarks NAME` (DESIGN, evaluation)."""
