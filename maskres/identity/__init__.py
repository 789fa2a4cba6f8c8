"""Who somebody is: documents, names and phones in one spelling, keyed digests and encryption."""
