import pytest

from tests.system.recorded.comparison import Response, normalise, without_float_scores

GENERATED = "0123456789abcdef" * 2


def with_body(body: str, *headers: str) -> Response:
    return Response(200, list(headers), body.splitlines(keepends=True))


def test_what_cannot_repeat_becomes_a_placeholder() -> None:
    body = f'{{"request_id":"{GENERATED}","receipt":"AQ-_{"x" * 48}","microseconds":12.5}}'
    headers = [
        "date: Mon, 01 Jan 2024 00:00:00 GMT",
        f"content-length: {len(body)}",
        f"x-request-id: {GENERATED}",
        "server-timing: wait;dur=0.015, total;dur=12.754",
    ]
    found = normalise(Response(200, headers, [body]))
    assert found.headers == [
        "content-length: <size>",
        "x-request-id: <generated>",
        "server-timing: wait;dur=<ms>, total;dur=<ms>",
    ]
    assert found.body == [
        '{"request_id":"<generated>","receipt":"<52 characters>","microseconds":"<µs>"}'
    ]


def test_memory_of_python_objects_becomes_a_placeholder() -> None:
    whole = '"resident_bytes":54264,"agreement":1.0'
    parts = '"resident_bytes":{"vocabulary":19712,"embedding":12808}'
    assert normalise(with_body(whole)).body == ['"resident_bytes":"<bytes>","agreement":1.0']
    assert normalise(with_body(parts)).body == [
        '"resident_bytes":{"vocabulary":"<bytes>","embedding":12808}'
    ]


def test_version_becomes_a_placeholder_in_the_api_document_alone() -> None:
    document = ['  "title": "edgemood",\n', '  "version": "0.1.0",\n']
    assert normalise(Response(200, [], document)).body[1] == '  "version": "<version>",\n'
    policy = with_body('{"split":{"fp32":1.0},"version":3}')
    assert normalise(policy) == policy


@pytest.mark.parametrize(
    "response",
    [
        with_body("{}", "content-length: 3"),
        with_body("", "content-length: 120"),
        with_body('{"request_id":"order-4711"}', "x-request-id: order-4711"),
        with_body(f'{{"request_id":"{GENERATED}"}}', "x-request-id: order-4711"),
        with_body('{"receipt":"no receipt"}'),
        with_body('{"microseconds":1e-05}'),
        with_body("", "server-timing: wait;dur=0.1"),
        with_body('{"file_bytes":24338,"code":"not_found"}', 'etag: "3"', "allow: GET, PUT"),
    ],
)
def test_everything_else_stays(response: Response) -> None:
    assert normalise(response) == response


def test_a_second_time_changes_nothing() -> None:
    response = with_body("\udcff\u2028", f"x-request-id: {GENERATED}", "content-length: 4")
    assert normalise(normalise(response)) == normalise(response)
    assert "".join(normalise(response).body) == "\udcff\u2028"


@pytest.mark.parametrize("variant", ["fp32", "cqat-lut"])
def test_scores_of_a_float_variant_are_taken_out(variant: str) -> None:
    body = (
        f'{{"variant":"{variant}","results":[{{"labels":["joy"],"scores":{{"joy":0.5,"fear":1e-6}}}},'
        f'{{"labels":[],"scores":{{"joy":0.0,"fear":1.0}}}}]}}'
    )
    masked, scores = without_float_scores(body)
    assert scores == [0.5, 1e-6, 0.0, 1.0]
    assert masked == (
        f'{{"variant":"{variant}","results":[{{"labels":["joy"],'
        f'"scores":{{"joy":<score>,"fear":<score>}}}},'
        f'{{"labels":[],"scores":{{"joy":<score>,"fear":<score>}}}}]}}'
    )


def test_scores_of_an_integer_variant_stay() -> None:
    body = '{"variant":"nano","results":[{"labels":[],"scores":{"joy":0.25}}]}'
    assert without_float_scores(body) == (body, [])


def test_each_result_of_a_comparison_is_judged_by_its_own_variant() -> None:
    body = (
        '{"reference":"fp32","results":[{"scores":{"joy":0.25},"variant":"nano"},'
        '{"scores":{"joy":0.75},"variant":"fp32"}]}'
    )
    masked, scores = without_float_scores(body)
    assert scores == [0.75]
    assert masked == body.replace("0.75", "<score>")
