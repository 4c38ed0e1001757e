"""The same project on EMR Serverless: packaged, deployed, run and watched from this machine."""
