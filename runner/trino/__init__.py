"""Trino on this machine, over a lake in Glue and S3: Athena's engine, without AWS where that is emulated."""
