"""How alike, and why? Comparisons turned into bits of evidence; pure, no I/O but own tables."""
