"""Everything that can go wrong, and the exit code that a caller sees for it.

* MedallionError                    1
  + DataError                       1   data or dbt refused
  + UsageError                      2   asked for something that makes no sense
    · ProjectNotFound
    · BadSetting
  + InfrastructureError             3   the machine, the network or a service
    · JavaNotFound
    · JarsUnresolved
    · ServerError
      - PortTaken
      - ServerDied
    · TrinoUnavailable
    · EngineUnavailable
    · AwsError
      - AccessRefused
      - NotOnAws
    · RunLocked
  + Cancelled                       4
  + TimedOut                        5

Each error is one line that says what happened, to what, and what to do.
"""

from __future__ import annotations

from typing import ClassVar


class MedallionError(Exception):
    """The base of all errors that a user may see; `exit_code` is what the process ends with."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, fix: str = "") -> None:
        self.what = " ".join(what.split())
        self.fix = " ".join(fix.split())
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """Return the whole message on one line."""
        return f"{self.what.rstrip('.')}. {self.fix}".rstrip() if self.fix else self.what


class DataError(MedallionError):
    """A model, a test or the data itself was refused."""


class UsageError(MedallionError):
    """The command or a setting makes no sense as given."""

    exit_code = 2


class ProjectNotFound(UsageError):
    """No `dbt_project.yml` here or in a folder above."""


class BadSetting(UsageError):
    """A flag, a variable or a line of the settings file has an impossible value."""


class InfrastructureError(MedallionError):
    """The machine, the network or a service does not give what is needed."""

    exit_code = 3


class JavaNotFound(InfrastructureError):
    """No Java that Spark can run on."""


class JarsUnresolved(InfrastructureError):
    """Spark could not resolve the jars that the project pins."""


class ServerError(InfrastructureError):
    """The warm Spark server did not do as asked."""


class PortTaken(ServerError):
    """Another process listens on the server's port."""


class ServerDied(ServerError):
    """The server process ended before it accepted connections."""


class TrinoUnavailable(InfrastructureError):
    """Trino could not be fetched, or did not start."""


class EngineUnavailable(InfrastructureError):
    """A query engine does not answer, or lets nobody in."""


class AwsError(InfrastructureError):
    """AWS did not do as asked, or was not reached."""


class AccessRefused(AwsError):
    """The credentials in use lack a permission; the message names it."""


class NotOnAws(AwsError):
    """What was asked for is not there: a bucket, an object, an application, a job run."""


class RunLocked(InfrastructureError):
    """Another run holds the lock of the environment."""


class Cancelled(MedallionError):
    """A person stopped it."""

    exit_code = 4


class TimedOut(MedallionError):
    """It took longer than it was given."""

    exit_code = 5
