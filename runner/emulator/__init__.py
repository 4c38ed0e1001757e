"""EMR Serverless on this machine, for tests and for play: moto's S3 and Glue, and jobs that really run.

moto keeps applications, buckets, tables and roles. A job run is a real `spark-submit` of the uploaded
archive, in a process that sees nothing but an image of its own: not this checkout, not this environment.
"""
