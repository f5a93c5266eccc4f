"""Every door: HTTP, pages, command line. Speaks protocols and draws pages; decides nothing."""
