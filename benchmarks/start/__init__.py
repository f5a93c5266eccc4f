"""`python -m benchmarks start --people N`: from nothing running to the first answer.

A gallery of N people is made column by column (see `made`), published as a sealed generation and
opened by fresh processes, the first alone, the second beside it. Each starts Python, loads sounds
and comparators, opens the generation, holds it against a table of N change numbers and answers one
question by name, sex, year of birth, home and relative. Not in it: the photo worker and the HTTP
doors, which start beside; the face index, which `benchmarks vectors` measures.
"""

from benchmarks.start.run import main

__all__ = ["main"]
