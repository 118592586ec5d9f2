"""`python -m bench [name ...]`: run the benchmarks, all or those named, and print their tables.

One file a question; the names are those of the files. Each takes its sizes from the environment (ROWS, ROUNDS, SIZES,
CALLS, PARTITIONS; see the file). Exit code 2 for a name that is none.
"""

import sys
import time
from importlib import import_module

NAMES = (
    *("cold_start", "warm", "catalog_scale", "convert", "athena", "merge", "overhead", "results", "charts"),
    "seed_case_study",
)


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        started = time.perf_counter()
        for table in import_module(f"bench.{name}").main():
            print(table, flush=True)
        print(f"({name}: {time.perf_counter() - started:.0f} s)\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
