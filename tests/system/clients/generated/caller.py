"""Calls a server by the client that openapi-python-client generates; prints what it got as JSON.

Run as `caller.py URL TOKEN` with the generated package on the path.
"""

import json
import sys

from generated_client import AuthenticatedClient, Client
from generated_client.api.default import classify, compare, feedback, livez, set_routing, variants
from generated_client.models import (
    ClassifyText,
    ClassifyTexts,
    CompareRequest,
    FeedbackRequest,
    RoutingUpdate,
    RoutingUpdateSplit,
)

url, token = sys.argv[1:]
client = Client(base_url=url)
one = classify.sync(client=client, body=ClassifyText("I am happy", variant="fp32"))
many = classify.sync(client=client, body=ClassifyTexts(["sad", "ключ"]), x_routing_key="user-1")
refused = classify.sync_detailed(client=client, body=ClassifyTexts(["fine", ""]))
judged = feedback.sync(client=client, body=FeedbackRequest(one.receipt, ["joy"]))
update = RoutingUpdate(split=RoutingUpdateSplit.from_dict({"fp32": 1}), reference="fp32")
json.dump(
    {
        "labels": one.results[0].labels,
        "scores": one.results[0].scores.to_dict(),
        "texts": len(many.results),
        "refused": [refused.status_code, refused.parsed.error.message],
        "judged": judged.texts,
        "compared": len(compare.sync(client=client, body=CompareRequest("sad")).results),
        "variants": [one.name for one in variants.sync(client=client).variants],
        "alive": livez.sync_detailed(client=client).status_code,
        "without token": set_routing.sync(client=client, body=update).error.code,
        "version": set_routing.sync(
            client=AuthenticatedClient(base_url=url, token=token), body=update
        ).version,
    },
    sys.stdout,
)
