"""`python -m runner` is `medallion`."""

from runner.cli import main

main()
