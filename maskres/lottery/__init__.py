"""Pool, seed, draw order, allocation and batches: files and values in, files and values out."""
