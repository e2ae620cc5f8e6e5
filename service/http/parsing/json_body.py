"""Request bodies: JSON to the models of the API."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from service.errors import InvalidFieldError, UnreadableBodyError, UnsupportedMediaTypeError
from service.http.messages import Request

M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], request: Request) -> M:
    """The body of a request.

    Raises:
        UnsupportedMediaTypeError: the headers do not declare plain JSON.
        UnreadableBodyError: the body is not JSON.
        InvalidFieldError: a field is wrong; the message begins with its name.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type != "application/json" or encoding != "identity":
        raise UnsupportedMediaTypeError
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise UnreadableBodyError(f"the body is not JSON: {first['msg']}") from None
        field = ".".join(str(step) for step in first["loc"]) or "body"
        raise InvalidFieldError(f"{field}: {first['msg'].removeprefix('Value error, ')}") from None
