"""公安核查、协查: requests of a case to police and other stations, and the answers to them."""
