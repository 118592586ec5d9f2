"""`make deploy-dashboard STAGE=prod`: the dashboard's files into the bucket of a stage that hosts it.

    python infra/deploy_dashboard.py --stage prod

`config.json` is made of what the stage's stack says. Names under assets/ carry a hash of what is in them, so browsers
keep them for good; everything else is asked for again each time. index.html goes last, when what it names is there;
what an older one names stays, for tabs that are open.
"""

import argparse
import json
import mimetypes
import os
import sys
from pathlib import Path
from typing import Any

import boto3

DIST = Path(__file__).resolve().parents[1] / "dashboard/dist"
FOREVER, AGAIN = "public, max-age=31536000, immutable", "no-cache"
_TYPES = {".js": "text/javascript; charset=utf-8", ".html": "text/html; charset=utf-8"}
_INDEX, _CONFIG = "index.html", "config.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra/deploy_dashboard.py", description=__doc__)
    parser.add_argument("--stage", required=True)
    name = f"headgate-{parser.parse_args().stage}"
    # boto3 looks at AWS_DEFAULT_REGION alone; what was deployed by AWS_REGION is found by it.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION", "us-east-1"))
    stack = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    if "DashboardBucket" not in outputs:
        print(f"{name} does not host the dashboard: deploy it with --param dashboardHosting=true", file=sys.stderr)
        return 1
    count = upload(session.client("s3"), outputs["DashboardBucket"], config_of(outputs))
    print(f"{count} files: {outputs['DashboardUrl']}")
    return 0


def config_of(outputs: dict[str, str]) -> dict[str, Any]:
    """docs/dashboard.md: where requests with a key go, and those with a token."""
    sign_in = {"domain": outputs["SignInUrl"], "client_id": outputs["DashboardClientId"]}
    return {"api_url": outputs["KeysApiUrl"], "sign_in": {**sign_in, "api_url": outputs["HttpApiUrl"]}}


def upload(s3: Any, bucket: str, config: dict[str, Any]) -> int:
    """How many files there are now."""
    names = [path.relative_to(DIST).as_posix() for path in DIST.rglob("*") if path.is_file()]
    served = [name for name in names if not name.startswith(".") and name != _CONFIG]
    for name in [_CONFIG, *sorted(served, key=lambda name: (name == _INDEX, name))]:
        body = json.dumps(config).encode() if name == _CONFIG else (DIST / name).read_bytes()
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        cached = FOREVER if name.startswith("assets/") else AGAIN
        s3.put_object(Bucket=bucket, Key=name, Body=body, ContentType=kind, CacheControl=cached)
    return len(served) + 1


if __name__ == "__main__":
    sys.exit(main())
