"""How Glue refuses."""


class GlueError(Exception):
    """An error with Glue's own code, e.g. EntityNotFoundException."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def not_found(what: str) -> GlueError:
    return GlueError("EntityNotFoundException", f"{what} not found.")


def already_there(what: str) -> GlueError:
    return GlueError("AlreadyExistsException", f"{what} already exists.")
