"""`python -m bench`: what `make bench` runs."""

import typer

from bench.run import main

typer.run(main)
