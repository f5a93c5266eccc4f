"""Exchange: records and notices that come from elsewhere or go there, by rules that are data."""
