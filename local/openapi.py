"""Write openapi.json from the code, without starting anything."""

from pathlib import Path

import orjson

from app.bootstrap import build_lake
from app.main import create_app
from app.routers.docs import describe
from app.settings import Settings


def main() -> None:
    document = describe(create_app(build_lake(Settings())))
    path = Path(__file__).parent.parent / "openapi.json"
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    print(f"wrote {path.name}: {len(document['paths'])} paths")


if __name__ == "__main__":
    main()
