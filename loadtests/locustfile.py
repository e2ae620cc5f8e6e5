"""Locust's entry point: options, user classes, and the evaluation at the end.

`make load` runs it; `locust -f loadtests/locustfile.py` offers Locust's web page.
"""

from pathlib import Path
from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests import shapes
from loadtests.evaluation import Evaluation
from loadtests.objectives import ObjectivesError, read_objectives
from loadtests.users import Batch, InvalidInput, NamedVariant, SingleText, StickyKey

__all__ = ["Batch", "InvalidInput", "NamedVariant", "SingleText", "StickyKey"]

DEFAULT_OBJECTIVES = Path(__file__).with_name("objectives.toml")


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    """Add the options of these load tests.

    Paths stay text: a master sends its options to its workers as JSON values.
    """
    group = parser.add_argument_group("edgemood")
    group.add_argument("--arrivals", choices=shapes.ARRIVALS, default="steady", env_var="ARRIVALS")
    group.add_argument("--rate", type=float, default=4.0, help="requests per second and user")
    group.add_argument("--objectives", default=str(DEFAULT_OBJECTIVES), help="TOML file")
    group.add_argument("--results", help="folder for summary.csv and latency.png")
    group.add_argument("--seed", type=int, default=0, help="of texts, keys and bursts")


@events.init.add_listener
def set_up(environment: Environment, **_: Any) -> None:
    """Choose the load shape, and evaluate the run on the node that collects all statistics."""
    options = environment.parsed_options
    if options is None or isinstance(environment.runner, WorkerRunner):
        return
    try:
        objectives = read_objectives(Path(options.objectives))
    except ObjectivesError as error:
        raise SystemExit(f"loadtests: {error}") from error
    if options.arrivals == "steps":
        environment.shape_class = shapes.Steps(options.num_users or 10, options.run_time or 60)
    folder = Path(options.results) if options.results else None
    Evaluation(objectives, folder).attach(environment)
