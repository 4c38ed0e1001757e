"""Tests of the pipeline on real Spark and Iceberg."""
