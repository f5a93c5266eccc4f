"""Police ask stations: one person at once, several by two approvals, more by their leave."""
