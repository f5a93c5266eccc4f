"""Photos: taken in by worker processes, kept sealed, their faces offered for choice.

Importing this package opens nothing: the workers start from `tracing.photos.worker`.
"""
