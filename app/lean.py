"""Imported by `app.lambdas` before FastAPI is, this makes the rest of a cold start cheaper. Nothing else changes.

Three things that imports pay for and a first answer never uses: pydantic looks through every installed distribution for
plugins (10 ms of CPU) and builds the validators of FastAPI's fifty OpenAPI models (35 ms), which otherwise are built at
their first use; and the collector walks again and again through modules that stay (30 ms), so it rests until
`app.lambdas` has imported all. `bench/cold_start.py` measures it.
"""

import gc
import os

gc.disable()
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel  # noqa: E402 - it reads the variable when imported

BaseModel.model_config["defer_build"] = True
try:
    import fastapi.openapi.models  # noqa: F401 - for its side effect
finally:
    del BaseModel.model_config["defer_build"]
