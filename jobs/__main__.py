"""`tolmach <job> [key=value ...]`, and the list of jobs."""

import importlib
import sys

JOBS = {
    "digest": "load articles, summarise, translate, write a new version folder",
    "benchmark": "measure engines and batches of a translation model on this machine, recommend settings",
}


def main() -> int:
    """Run the job that the first argument names, or list the jobs."""
    if len(sys.argv) > 1 and sys.argv[1] in JOBS:
        name = sys.argv.pop(1)
        sys.argv[0] = f"tolmach {name}"
        return int(importlib.import_module(f"jobs.{name}").main())
    asked = len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help")
    lines = [f"  tolmach {name:<10} {what}" for name, what in JOBS.items()]
    listed = "\n".join(
        ["tolmach: news digests in English, Russian and Kazakh", "", *lines, "", "tolmach <job> --help tells more."]
    )
    if asked:
        print(listed)
        return 0
    print(f"tolmach: no job is called {sys.argv[1]!r}; there are {', '.join(JOBS)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
