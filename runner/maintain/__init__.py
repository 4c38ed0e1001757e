"""`medallion maintain`: keeps tables small and fast, and keeps every snapshot that something still needs.

state       what a table's metadata says (effectful: reads the catalog)
needs       which snapshots something needs, and why (pure)
forget      which remembered deletions nothing needs any more (pure)
plan        what to do to a table, from its state and its needs (pure)
statements  the SQL for a plan (pure)
act         runs it, table by table (effectful: dbt and Spark)
report      how it is told
run         all of it
"""
