"""The calls of the API as functions from request to response, without any web framework."""

import hmac
from collections.abc import Callable, Mapping
from functools import partial

from pydantic import SecretStr

from service.administration import Administration
from service.errors import (
    AdminDisabledError,
    MethodNotAllowedError,
    NotFoundError,
    UnauthorizedError,
)
from service.http.messages import Request, Response, as_json, if_match, parse, with_headers
from service.http.openapi import document
from service.http.playground import PAGE_HEADERS, pages
from service.inference.feedback import Feedback
from service.inference.service import Desk
from service.inference.shadow import Shadow
from service.observability import metrics
from service.observability.metrics import Stopwatch
from service.routing.policy import Policy, PolicyChange, RoutingUpdate
from service.routing.policy_store import PolicyStore
from service.schemas import (
    ClassifyRequest,
    CompareRequest,
    FeedbackRequest,
    VariantInfo,
    VariantList,
)
from service.variants.repository import VariantRepository
from service.variants.variant import Variant

CLASSIFY = "/classify"
COMPARE = "/compare"
FEEDBACK = "/feedback"
VARIANTS = "/variants"
ROUTING = "/routing"
DOCUMENT = "/docs.json"
_VARIANT = f"{VARIANTS}/{{name}}"


Handler = Callable[[Request], Response]


class Api:
    """All calls but those that BentoML answers itself."""

    def __init__(
        self,
        *,
        desk: Desk,
        shadow: Shadow,
        feedback: Feedback,
        repository: VariantRepository,
        administration: Administration,
        policy: PolicyStore,
        admin_token: SecretStr | None,
    ) -> None:
        self._desk, self._shadow = desk, shadow
        self._feedback, self._repository, self._policy = feedback, repository, policy
        self._administration, self._admin_token = administration, admin_token
        self._routes: dict[str, dict[str, Handler]] = {
            CLASSIFY: {"POST": self.classify},
            COMPARE: {"POST": self.compare},
            FEEDBACK: {"POST": self.record_feedback},
            VARIANTS: {"GET": self.list_variants},
            _VARIANT: {"GET": self.show_variant},
            f"{_VARIANT}/load": {"POST": self.load_variant},
            f"{_VARIANT}/unload": {"POST": self.unload_variant},
            ROUTING: {"GET": self.show_routing, "PUT": self.change_routing},
            DOCUMENT: {"GET": self.show_document},
            **{path: {"GET": self.show_page} for path in pages()},
        }

    def handler(self, method: str, path: str, headers: Mapping[str, str]) -> Handler:
        """Who answers a call; asked before its body is read.

        Raises:
            NotFoundError: there is no such route.
            MethodNotAllowedError: there is, for other methods.
            AdminDisabledError: it is an administrator's, and the server has no admin token.
            UnauthorizedError: it is an administrator's, and the headers have another token.
        """
        by_method = self._routes.get(_route(path))
        if by_method is None:
            raise NotFoundError(f"no such route; there are: {self._known_routes()}")
        if method not in by_method:
            raise MethodNotAllowedError(by_method)
        handler = by_method[method]
        if handler in (self.change_routing, self.load_variant, self.unload_variant):
            self._check_admin(headers)
        return handler

    def _known_routes(self) -> str:
        calls = [
            f"{method} {path}" for path, by_method in self._routes.items() for method in by_method
        ]
        return ", ".join(calls)

    def refresh(self) -> None:
        """Take in what changed in the folders of variants and state, and show it in the metrics."""
        self._repository.refresh()
        self._policy.current()

    def classify(self, request: Request) -> Response:
        """`POST /classify`."""
        stopwatch = Stopwatch(started=request.arrived)
        asked = with_headers(parse(ClassifyRequest, request), request.headers)
        answer = self._desk.answer(asked, request_id=request.id)
        variant, body, total = answer.variant, answer.body(), stopwatch.total
        metrics.histogram(metrics.REQUEST_SECONDS, variant).observe(total)
        spent = (("wait", stopwatch.waited), *answer.seconds.items(), ("total", total))
        timing = ", ".join(f"{what};dur={seconds * 1000:.3f}" for what, seconds in spent)
        response = Response(body, headers={"X-Variant": variant, "Server-Timing": timing})
        if answer.shadow is not None:
            response = response._replace(afterwards=partial(self._shadow.submit, answer.shadow))
        return response

    def compare(self, request: Request) -> Response:
        """`POST /compare`."""
        asked = parse(CompareRequest, request)
        return Response(as_json(self._desk.compare(asked, request_id=request.id)))

    def record_feedback(self, request: Request) -> Response:
        """`POST /feedback`."""
        return Response(as_json(self._feedback.record(parse(FeedbackRequest, request))))

    def list_variants(self, _: Request) -> Response:
        """`GET /variants`."""
        self._repository.refresh()
        found = [describe(variant) for variant in self._repository.variants.values()]
        return Response(as_json(VariantList(variants=found)))

    def show_variant(self, request: Request) -> Response:
        """`GET /variants/{name}`."""
        self._repository.refresh()
        return Response(as_json(describe(self._repository.find(_named(request)))))

    def load_variant(self, request: Request) -> Response:
        """`POST /variants/{name}/load`."""
        return Response(as_json(describe(self._administration.load(_named(request)))))

    def unload_variant(self, request: Request) -> Response:
        """`POST /variants/{name}/unload`."""
        return Response(as_json(describe(self._administration.unload(_named(request)))))

    def show_routing(self, _: Request) -> Response:
        """`GET /routing`."""
        return _policy_response(self._policy.current())

    def change_routing(self, request: Request) -> Response:
        """`PUT /routing`."""
        update = parse(RoutingUpdate, request)
        expected = if_match(request.headers.get("if-match"), default=update.version)
        change = PolicyChange(**update.model_dump(exclude={"version"}))
        return _policy_response(self._administration.replace_policy(change, expected=expected))

    def show_document(self, _: Request) -> Response:
        """`GET /docs.json`."""
        self._repository.refresh()
        return Response(document(tuple(sorted(self._repository.names))))

    def show_page(self, request: Request) -> Response:
        """`GET /` and what the page there asks for."""
        page = pages()[request.path]
        return Response(page.body, headers={"Content-Type": page.media_type, **PAGE_HEADERS})

    def _check_admin(self, headers: Mapping[str, str]) -> None:
        if self._admin_token is None:
            raise AdminDisabledError
        scheme, _, token = headers.get("authorization", "").partition(" ")
        right = self._admin_token.get_secret_value().encode()
        given = token.strip().encode("latin-1")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, right):
            raise UnauthorizedError


def describe(variant: Variant) -> VariantInfo:
    """What `GET /variants` says of a variant."""
    if variant.classifier is None:
        return VariantInfo(
            name=variant.name,
            state=variant.state,
            problem=variant.problem,
            file_bytes=variant.file_bytes,
        )
    manifest = variant.classifier.artifact.manifest
    return VariantInfo(
        name=variant.name,
        state="loaded",
        file_bytes=variant.file_bytes,
        resident_bytes=variant.classifier.resident_bytes,
        sha256=variant.sha256,
        metrics=manifest.metrics,
        manifest=manifest.model_dump(mode="json", exclude={"metrics"}),
    )


def _route(path: str) -> str:
    """The path with `{name}` in the place of a variant's name."""
    if not path.startswith(f"{VARIANTS}/"):
        return path
    name, slash, call = path.removeprefix(f"{VARIANTS}/").partition("/")
    return f"{_VARIANT}{slash}{call}" if name else path


def _named(request: Request) -> str:
    """The variant's name in the path."""
    return request.path.removeprefix(f"{VARIANTS}/").partition("/")[0]


def _policy_response(policy: Policy) -> Response:
    return Response(policy.as_json(), headers={"ETag": f'"{policy.version}"'})
