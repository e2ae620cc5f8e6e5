"""Method and path to route: pure functions of a route table."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from service.errors import MethodNotAllowedError, NotFoundError
from service.http.api.route import Route

SERVER = "*"
"""The path of an `OPTIONS` request about the whole server."""


class Match(NamedTuple):
    """A route and the values of its path parameters."""

    route: Route
    parameters: Mapping[str, str]


class Router:
    """Looks routes up."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Index a route table.

        Raises:
            ValueError: two routes have the same method and path.
        """
        self._by_template: dict[str, dict[str, Route]] = {}
        for route in routes:
            by_method = self._by_template.setdefault(route.path, {})
            if route.method in by_method:
                raise ValueError(f"two routes for {route.call}")
            by_method[route.method] = route
        self._allowed = {path: _methods(routes) for path, routes in self._by_template.items()}
        every = dict.fromkeys(method for methods in self._allowed.values() for method in methods)
        self._allowed[SERVER] = tuple(every)
        self._patterns = {
            template: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            for template in self._by_template
            if "{" in template
        }

    def match(self, method: str, path: str) -> Match:
        """The route of a request; that of `GET` also takes `HEAD`.

        Raises:
            NotFoundError: no route has this path; the message lists the calls there are.
            MethodNotAllowedError: the path has routes for other methods.
        """
        template, parameters = self._find(path)
        if template is None:
            raise self._not_found()
        by_method = self._by_template[template]
        route = by_method.get("GET" if method == "HEAD" else method)
        if route is None:
            raise MethodNotAllowedError(self._allowed[template])
        return Match(route, parameters)

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that a path takes, `HEAD` and `OPTIONS` included.

        Raises:
            NotFoundError: no route has this path, and it is not `SERVER`.
        """
        template = path if path == SERVER else self._find(path)[0]
        if template is None:
            raise self._not_found()
        return self._allowed[template]

    def template(self, path: str) -> str | None:
        """The path as the route table has it, without the caller's values; None if unknown."""
        return self._find(path)[0]

    def _find(self, path: str) -> tuple[str | None, Mapping[str, str]]:
        if path in self._by_template:
            return path, {}
        for template, pattern in self._patterns.items():
            if found := pattern.fullmatch(path):
                return template, found.groupdict()
        return None, {}

    def _not_found(self) -> NotFoundError:
        return NotFoundError(f"no such route; there are: {', '.join(self._calls())}")

    def _calls(self) -> Iterable[str]:
        for by_method in self._by_template.values():
            yield from (route.call for route in by_method.values())


def _methods(by_method: Collection[str]) -> tuple[str, ...]:
    """The methods of routes, and those that the middleware answers for them."""
    return (*by_method, *(["HEAD"] if "GET" in by_method else []), "OPTIONS")
