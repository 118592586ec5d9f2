"""`python -m local`: the embedded stack alone, for any program that speaks to AWS through boto3 or another SDK.

Athena that runs SQL (DuckDB behind Trino's words), the Glue Data Catalog and S3, on one endpoint of this machine, with
what else MiniStack has (SQS, EventBridge, DynamoDB, Lambda, ...). It needs no account and sends nothing anywhere.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from local.provision import local_environment
from local.stack import PortBusyError, Stack, StackError, running_stack

_TOLD = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
_HELP = """\
In another terminal, set the variables that are printed at the start; then every boto3 program uses the stack:

  import boto3
  s3, athena = boto3.client("s3"), boto3.client("athena")
  s3.create_bucket(Bucket="results-bucket")
  query = athena.start_query_execution(
      QueryString="SELECT 1 AS one", ResultConfiguration={"OutputLocation": "s3://results-bucket/athena/"})

settings, from the environment:
  AWS_DEFAULT_REGION      the region (us-east-1)
  ATHENA_MEMORY_LIMIT     memory of all queries together, e.g. 4GB (2GB); what is more goes to disk
  ATHENA_THREADS          threads of all queries together (the machine's cores)
  ATHENA_CONCURRENCY      queries that run at once (8); more wait as QUEUED
  ATHENA_ACTIVE_QUERIES   queries that may be queued or running (200); more get TooManyRequestsException

faults and quotas for tests, while it runs:
  curl -X POST ENDPOINT/_headgate/faults -d '{"operation": "*", "error": "ThrottlingException", "count": 3}'
  curl -X POST ENDPOINT/_headgate/faults -d '{"query": {"contains": "orders"}, "hang": true}'
  curl -X PUT ENDPOINT/_headgate/quotas -d '{"active": 5, "running": 1}'
  curl -X DELETE ENDPOINT/_headgate/faults
  local/athena/control.py says all that may be ordered; POST ENDPOINT/_ministack/reset forgets everything.

exit codes: 0 stopped as asked, 1 the stack ended by itself, 2 could not start (busy port, directory in use)
"""


class _StopAsked(BaseException):
    """SIGINT or SIGTERM; not an Exception, so that nothing on the way handles it as a fault."""


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM; the exit code."""
    given = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ask_to_stop)
    try:
        with _data_dir(given.data_dir, is_kept=not given.no_persist) as data_dir:
            try:
                with running_stack(data_dir, given.port) as stack:
                    _announce(stack, is_kept=not given.no_persist)
                    while stack.is_running():
                        time.sleep(0.5)
            except PortBusyError as busy:
                raise StackError(str(busy).split(";", maxsplit=1)[0] + "; choose another with --port") from busy
            print(f"The stack ended; see {stack.data_dir / 'stack.log'}", file=sys.stderr)
            return 1
    except _StopAsked:
        print("Stopped.", flush=True)
        return 0
    except (StackError, OSError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local", description=__doc__, epilog=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=_port, default=4566, help="on 127.0.0.1; 0 picks a free one (default 4566)")
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".data/stack"), metavar="DIR",
        help="where everything is kept between runs (default .data/stack)",
    )  # fmt: skip
    parser.add_argument("--no-persist", action="store_true", help="keep nothing: a fresh directory, removed at the end")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, not {text!r}")
    return int(text)


def _ask_to_stop(*_: object) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # saving takes a moment; a second Ctrl-C must not cut it short
    raise _StopAsked


@contextlib.contextmanager
def _data_dir(chosen: Path, *, is_kept: bool) -> Iterator[Path]:
    if is_kept:
        yield chosen
        return
    fresh = Path(tempfile.mkdtemp(prefix="headgate-stack-"))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _announce(stack: Stack, *, is_kept: bool) -> None:
    environment = local_environment(stack.endpoint_url, os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    lines = ["The embedded stack is ready. Ctrl-C stops it. For the programs that shall use it:", ""]
    lines += [f"  export {name}={environment[name]}" for name in _TOLD]
    lines += ["", f"  data  {stack.data_dir if is_kept else 'nothing is kept'}", "  more  python -m local --help"]
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
