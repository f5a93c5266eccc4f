"""The JSON doors under `/v1`: the same work as the pages, for other programs."""
