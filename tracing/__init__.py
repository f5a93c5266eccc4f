"""The work: people, searches, cases, clocks, trust. Remembers, decides, permits, records."""
