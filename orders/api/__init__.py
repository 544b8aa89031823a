"""The REST API's door to orders, downloads, backfills and mappings."""
