"""The commands that start the peers; `{port}` in them stands for the port."""


def uvicorn(python: str, module: str) -> list[str]:
    """An application of this package under uvicorn, with uvloop and httptools."""
    return [
        *(python, "-m", "uvicorn", f"benchmarks.peers.{module}:app", "--port", "{port}"),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log"),
    ]


def bentoml(python: str, service: str) -> list[str]:
    """A service of this package under BentoML's own server."""
    return [python, "-m", "bentoml", "serve", f"benchmarks.peers.{service}", "--port", "{port}"]
