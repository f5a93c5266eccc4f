"""`python -m benchmarks vectors --n N --dim D`: every way to find the nearest prints, side by side.

The gallery is made: identities of 1 to 6 noisy samples, in 24 clusters, with a decaying spectrum,
of unit length, with the figures of real prints (a common direction, strangers at a cosine near
.84, samples of one person near .95). Probes are further samples of people in it. All ways run in
one process on one thread, against the exact scan.
"""

from benchmarks.vectors.run import main

__all__ = ["main"]
