"""Takes the dbt project in this repository from a laptop to EMR Serverless, without changing a model."""

__version__ = "0.1.0"
