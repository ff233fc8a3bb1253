"""The one error a person can mend; every other exception is a fault of ours."""


class UserError(Exception):
    """What happened and what to do about it. The command line shows it and exits with 2."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n{self.fix}"
