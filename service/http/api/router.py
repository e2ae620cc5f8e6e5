"""Method and path to route: pure functions of a route table."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from service.errors import MethodNotAllowedError, NotFoundError
from service.http.api.route import Route


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
        self._patterns = {
            template: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            for template in self._by_template
            if "{" in template
        }

    def match(self, method: str, path: str) -> Match:
        """The route of a request.

        Raises:
            NotFoundError: no route has this path; the message lists the calls there are.
            MethodNotAllowedError: the path has routes for other methods.
        """
        template, parameters = self._find(path)
        if template is None:
            raise NotFoundError(f"no such route; there are: {', '.join(self._calls())}")
        by_method = self._by_template[template]
        if method not in by_method:
            raise MethodNotAllowedError(by_method)
        return Match(by_method[method], parameters)

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

    def _calls(self) -> Iterable[str]:
        for by_method in self._by_template.values():
            yield from (route.call for route in by_method.values() if route.handler is not None)
