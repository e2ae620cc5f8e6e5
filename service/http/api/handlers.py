"""The handlers of the API: functions from services and request to response."""

from functools import partial
from typing import Any

from edgemood import Manifest
from service.errors import UnavailableError
from service.feedback_schemas import AdaptRequest
from service.http.api.playground import PAGE_HEADERS, pages
from service.http.messages import Request, Response, to_json
from service.http.parsing.headers import if_match, with_header_fields
from service.http.parsing.json_body import parse
from service.http.services import Services
from service.observability.exposition import CONTENT_TYPE
from service.observability.request_metrics import time_request
from service.routing.policy import Policy, PolicyChange, RoutingUpdate
from service.schemas import (
    AbstentionInfo,
    ClassifyRequest,
    CompareRequest,
    FeedbackRequest,
    PlainVariantInfo,
    VariantInfo,
    VariantList,
)
from service.variants.variant import Variant

_PROBED = Response(b"", headers={"Content-Type": "text/plain; charset=utf-8"})


def classify(services: Services, request: Request) -> Response:
    """`POST /classify`."""
    classify_request = with_header_fields(parse(ClassifyRequest, request), request.headers)
    with time_request(received_at=request.received_at) as timing:
        outcome = services.inference.classify(
            classify_request, request_id=request.id, budget=request.budget
        )
        body = to_json(outcome.response)
        timing.variant, timing.stage_seconds = outcome.response.variant, outcome.stage_seconds
    headers = {"X-Variant": timing.variant, "Server-Timing": timing.server_timing}
    response = Response(body, headers=headers)
    if outcome.shadow_job is None:
        return response
    return response._replace(after_sending=partial(services.shadow.submit, outcome.shadow_job))


def compare(services: Services, request: Request) -> Response:
    """`POST /compare`."""
    compare_request = parse(CompareRequest, request)
    response = services.inference.compare(
        compare_request, request_id=request.id, budget=request.budget
    )
    return Response(to_json(response))


def record_feedback(services: Services, request: Request) -> Response:
    """`POST /feedback`."""
    return Response(to_json(services.feedback.record(parse(FeedbackRequest, request))))


def summarize_feedback(services: Services, _: Request) -> Response:
    """`GET /feedback/summary`."""
    services.repository.refresh()
    return Response(to_json(services.feedback.summary()))


def list_variants(services: Services, _: Request) -> Response:
    """`GET /variants`."""
    services.repository.refresh()
    found = [_describe(variant) for variant in services.repository.variants.values()]
    return Response(to_json(VariantList(variants=found)))


def show_variant(services: Services, request: Request) -> Response:
    """`GET /variants/{name}`."""
    services.repository.refresh()
    return Response(to_json(_describe(services.repository.find(request.parameters["name"]))))


def load_variant(services: Services, request: Request) -> Response:
    """`POST /variants/{name}/load`."""
    return Response(to_json(_describe(services.administration.load(request.parameters["name"]))))


def unload_variant(services: Services, request: Request) -> Response:
    """`POST /variants/{name}/unload`."""
    return Response(to_json(_describe(services.administration.unload(request.parameters["name"]))))


def adapt_variant(services: Services, request: Request) -> Response:
    """`POST /variants/{name}/adapt`."""
    name, adapt_request = request.parameters["name"], parse(AdaptRequest, request)
    response = services.adaptation.adapt(name, adapt_request, check=request.budget.check)
    return Response(to_json(response))


def show_routing(services: Services, _: Request) -> Response:
    """`GET /routing`."""
    return _policy_response(services.policy_store.current())


def change_routing(services: Services, request: Request) -> Response:
    """`PUT /routing`."""
    update = parse(RoutingUpdate, request)
    expected = if_match(request.headers.get("if-match"), default=update.version)
    change = PolicyChange(**update.model_dump(exclude={"version"}))
    policy = services.administration.replace_policy(change, expected=expected)
    return _policy_response(policy)


def show_metrics(services: Services, _: Request) -> Response:
    """`GET /metrics`."""
    services.refresh()
    return Response(services.exposition.render(), headers={"Content-Type": CONTENT_TYPE})


def show_page(_: Services, request: Request) -> Response:
    """`GET /` and the files that the page loads."""
    page = pages()[request.path]
    return Response(page.body, headers={"Content-Type": page.media_type, **PAGE_HEADERS})


def show_liveness(_: Services, __: Request) -> Response:
    """`GET /livez`."""
    return _PROBED


def show_readiness(services: Services, _: Request) -> Response:
    """`GET /readyz` and `GET /healthz`.

    Raises:
        UnavailableError: no variant is loaded.
    """
    if not services.is_ready:
        raise UnavailableError("not ready")
    return _PROBED


def _policy_response(policy: Policy) -> Response:
    return Response(policy.as_json(), headers={"ETag": f'"{policy.version}"'})


def _describe(variant: Variant) -> VariantInfo:
    """A variant as `GET /variants` shows it."""
    if variant.classifier is None:
        return PlainVariantInfo(
            name=variant.name,
            state=variant.state,
            problem=variant.problem,
            file_bytes=variant.file_bytes,
        )
    manifest = variant.classifier.artifact.manifest
    decision = _decision(manifest)
    kind = VariantInfo if decision else PlainVariantInfo
    return kind(
        name=variant.name,
        state="loaded",
        problem=variant.problem,
        file_bytes=variant.file_bytes,
        resident_bytes=variant.classifier.resident_bytes,
        sha256=variant.sha256,
        metrics=manifest.metrics,
        manifest=manifest.model_dump(mode="json", exclude={"metrics"}),
        **decision,
    )


def _decision(manifest: Manifest) -> dict[str, Any]:
    """How a variant decides; empty if it does so in the usual way."""
    abstention = manifest.abstention
    decision = {
        "decision": manifest.decision,
        "calibrated": bool(manifest.calibration or manifest.adaptation),
        "abstention": AbstentionInfo(**abstention.model_dump()) if abstention else None,
    }
    usual = {"decision": "multi-label", "calibrated": False, "abstention": None}
    return decision if decision != usual else {}
