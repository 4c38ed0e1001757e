"""One question, any engine: the same table names, the same snapshots, the same answer."""
