"""What callers send and get, as JSON.

Responses about multi-label variants without calibration and abstention lack the fields of newer
variants, so that they have the bytes that clients know. `Result`, `Compared` and `VariantInfo` each
have a subclass that leaves these fields out, and lists are serialized by the class of each item.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator
from pydantic.json_schema import SkipJsonSchema

Assignment = Literal["requested", "split", "fallback"]
"""How the variant of a request was chosen."""
MAX_TEXTS = 256
MAX_CHARACTERS = 10_000
MAX_KEY_CHARACTERS = 256
MAX_NAME_CHARACTERS = 64
MAX_BODY_BYTES = 1024 * 1024
MAX_LABELS = 255
MAX_RECEIPT_CHARACTERS = 16_384
SCORE_DIGITS = 6

Text = Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]
Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARACTERS)]
LabelName = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]
VariantName = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
# Without `fail_fast`, pydantic keeps an error for each wrong item, and the greatest length counts
# only the right ones: a body of wrong items takes a thousand times its size.
TextList = Annotated[list[Text], Field(fail_fast=True)]
LabelList = Annotated[list[LabelName], Field(fail_fast=True)]
LabelLists = Annotated[
    list[Annotated[LabelList, Field(max_length=MAX_LABELS)]], Field(fail_fast=True)
]


def _given(one: str, other: str) -> dict[str, Any]:
    """JSON schema of one field given and the other one not."""
    absent = {"properties": {one: {"not": {"type": "null"}}, other: {"type": "null"}}}
    return {"required": [one], **absent}


class ClassifyRequest(BaseModel):
    """One text or many."""

    model_config = ConfigDict(
        extra="forbid",
        # `example`, not `examples`: BentoML's document generator knows no other.
        json_schema_extra={
            "example": {"text": "I am so grateful for this, thank you!"},
            "oneOf": [_given("text", "texts"), _given("texts", "text")],
        },
    )

    text: Text | None = None
    texts: Annotated[TextList | None, Field(min_length=1, max_length=MAX_TEXTS)] = None
    variant: Annotated[
        VariantName | None,
        Field(description="answer with this variant, whatever the routing policy says"),
    ] = None
    key: Annotated[
        Key | None,
        Field(
            description="the same key meets the same variant while the policy does not change;"
            " without a key, chance decides"
        ),
    ] = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if (self.text is None) == (self.texts is None):
            raise ValueError("give either text or texts")
        return self

    @property
    def all_texts(self) -> list[str]:
        """The texts, one or many."""
        return self.texts if self.texts is not None else [self.text or ""]


def _drop_default(schema: dict[str, Any]) -> None:
    """A field that is left out is never null."""
    del schema["default"]


class Result(BaseModel):
    """What was found in one text."""

    labels: Annotated[
        list[str],
        Field(
            description="labels whose score reaches their threshold, or the one with the highest"
            " score if the variant is single-label; may be empty"
        ),
    ]
    scores: Annotated[dict[str, float], Field(description="every label's score, from 0 to 1")]
    unsure: Annotated[
        bool | SkipJsonSchema[None],
        Field(
            description="whether no score is high enough for an answer; then there are no labels."
            " Left out by variants that answer every text",
            json_schema_extra=_drop_default,
        ),
    ] = None


class SureResult(Result):
    """The result of a variant that answers every text."""

    unsure: Annotated[None, Field(exclude=True)] = None


class ClassifyResponse(BaseModel):
    """The answer to `POST /classify`."""

    request_id: str
    variant: Annotated[str, Field(description="the variant that answered")]
    assignment: Annotated[
        Assignment,
        Field(description="requested by name, chosen by the split, or stood in for that choice"),
    ]
    results: Annotated[
        list[SerializeAsAny[Result]], Field(description="one for each text, in order")
    ]
    receipt: Annotated[str, Field(description="for POST /feedback, should the truth be known")]


class FeedbackRequest(BaseModel):
    """The truth about an earlier answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"receipt": "AQ…", "labels": ["joy"]}},
    )

    receipt: Annotated[str, Field(min_length=1, max_length=MAX_RECEIPT_CHARACTERS)]
    labels: Annotated[
        LabelList | LabelLists,
        Field(
            max_length=MAX_TEXTS,
            description="that the text should have got; for several texts a list for each",
        ),
    ]

    @property
    def by_text(self) -> list[list[str]]:
        """The labels of each text; one list of names is one text's."""
        if any(isinstance(labels, list) for labels in self.labels):
            return [list(labels) for labels in self.labels]
        return [[label for label in self.labels if isinstance(label, str)]]


class FeedbackResponse(BaseModel):
    """The answer to `POST /feedback`."""

    variant: Annotated[str, Field(description="whose answer was judged")]
    texts: Annotated[int, Field(description="how many texts it was about")]
    kept: Annotated[
        int,
        Field(description="of how many the logits and true labels are on disk now, without text"),
    ]


class CompareRequest(BaseModel):
    """One text for every variant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"text": "I am so grateful for this, thank you!"}},
    )

    text: Text


class Compared(Result):
    """What one variant found in the text."""

    variant: str
    microseconds: Annotated[float, Field(description="from text to labels, this one time")]
    file_bytes: int
    resident_bytes: Annotated[int, Field(description="in one worker")]
    agreement: Annotated[
        float, Field(description="share of labels that it gives or leaves as the reference does")
    ]


class SureCompared(Compared):
    """The result of a variant that answers every text."""

    unsure: Annotated[None, Field(exclude=True)] = None


class CompareResponse(BaseModel):
    """The answer to `POST /compare`."""

    request_id: str
    reference: Annotated[str, Field(description="the routing policy's, or a variant that answers")]
    results: Annotated[
        list[SerializeAsAny[Compared]], Field(description="one for each loaded variant, by name")
    ]
    failed: Annotated[list[str], Field(description="loaded variants that could not answer")]


class AbstentionInfo(BaseModel):
    """When a variant gives no answer, and how often that was so on the dev split."""

    threshold: Annotated[float, Field(description="a text is unsure if no score reaches this")]
    coverage: Annotated[float, Field(description="share of the texts that are answered")]
    accuracy: Annotated[
        float | None, Field(description="share of the answers that are exactly right")
    ] = None
    precision: Annotated[
        float | None, Field(description="share of the labels in answers that are right")
    ] = None


class VariantInfo(BaseModel):
    """One variant of `GET /variants`."""

    name: str
    state: Literal["loaded", "failed", "unloaded"]
    problem: Annotated[str | None, Field(description="why the file on disk cannot be used")] = None
    file_bytes: int
    resident_bytes: Annotated[dict[str, int], Field(description="in one worker, by part")] = {}
    sha256: str | None = None
    metrics: Annotated[
        dict[str, dict[str, float]], Field(description="split -> metric -> figure")
    ] = {}
    manifest: Annotated[dict[str, Any] | None, Field(description="as the file states it")] = None
    decision: Annotated[
        Literal["multi-label", "single-label"],
        Field(description="single-label: one label for each text, and scores that sum to 1"),
    ] = "multi-label"
    calibrated: Annotated[
        bool, Field(description="whether scores were fitted to be probabilities of their labels")
    ] = False
    abstention: Annotated[
        AbstentionInfo | None, Field(description="null if the variant answers every text")
    ] = None


class PlainVariantInfo(VariantInfo):
    """A multi-label variant without calibration and abstention, or one that is not loaded."""

    decision: Annotated[Literal["multi-label"], Field(exclude=True)] = "multi-label"
    calibrated: Annotated[Literal[False], Field(exclude=True)] = False
    abstention: Annotated[None, Field(exclude=True)] = None


class VariantList(BaseModel):
    """The answer to `GET /variants`."""

    variants: list[SerializeAsAny[VariantInfo]]


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    request_id: str


class ErrorResponse(BaseModel):
    """Every answer that is not a success."""

    error: ErrorDetail
