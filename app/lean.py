"""Imported by `app.lambdas` before FastAPI is, this makes the rest of a cold start cheaper. Nothing else changes.

Two things that FastAPI's import pays for and a first answer never uses: pydantic looks through every installed
distribution for plugins (10 ms of CPU), and builds the validators of FastAPI's fifty OpenAPI models (35 ms), which it
otherwise builds when they are first used. `bench/cold_start.py` measures it.
"""

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel

BaseModel.model_config["defer_build"] = True
try:
    import fastapi.openapi.models  # noqa: F401 - for its side effect
finally:
    del BaseModel.model_config["defer_build"]
