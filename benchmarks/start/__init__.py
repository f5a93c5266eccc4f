"""`python -m benchmarks start --people N [--faces]`: from nothing running to the first answer.

A gallery of N people is made column by column (see `made`), published as a sealed generation and
opened by fresh processes, the first alone, the second beside it. Each starts Python, loads sounds
and comparators, opens the generation, holds it against a table of N change numbers and answers one
question by name, sex, year of birth, home and relative. Not in it: the photo worker and the HTTP
doors, which start beside.

With `--faces` everybody has a made print: the gallery holds its template, the face index its
vector, and the question has a print too. Told is then also the memory of both processes after two
registrations with a face, of a new person and of a changed one. With `--publish` the first process
makes a new generation and works from it.
"""

from benchmarks.start.run import main

__all__ = ["main"]
