"""Who might it be? Vectors and columns that narrow millions to hundreds; no SQL, no people."""
