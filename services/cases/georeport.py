"""How GeoReport v2 is written: JSON and the same as XML, errors as a list of code and description."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from marshmallow import fields
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response

from shared import errors, http

JSON, XML = "application/json", "text/xml"
MEDIA_TYPES = (JSON, XML)
# What one of a list is called in XML.
_ONE_OF = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
# Pages of other sites may ask too: nothing here goes by cookies.
_HEADERS = {"Access-Control-Allow-Origin": "*"}
# What XML 1.0 cannot hold, however it is escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The standard knows 404 for what is not there, 403 for keys and 400 for all else; ours of a busy server stay.
_KEPT = {401, 403, 404, 429, 500, 503}


class ErrorView(http.Schema):
    code = fields.Integer(required=True)
    description = fields.String(required=True)


def written(form: str, root: str, content: Mapping[str, Any] | Sequence[Any]) -> http.Raw:
    """An answer in the form (`json` or `xml`) its address ends with; `root` is the outermost element of XML."""
    return http.Raw(body=_body(form, root, content), content_type=_content_type(form), headers=_HEADERS)


def refused(request: WerkzeugRequest, error: errors.Error) -> Response:
    """An error as the standard writes it, in the form that was asked for."""
    form = "xml" if request.path.endswith(".xml") else "json"
    status = status_of(type(error))
    told = [{"code": status, "description": text} for text in _sentences(error)]
    body = _body(form, "errors", told)
    return Response(body, status=status, content_type=_content_type(form), headers=_HEADERS)


def status_of(error: type[errors.Error]) -> int:
    return error.status if error.status in _KEPT else 400


REFUSALS = http.Refusals(tell=refused, status=status_of, schema=ErrorView, media_types=MEDIA_TYPES)


def _sentences(error: errors.Error) -> list[str]:
    if isinstance(error, errors.Invalid) and error.fields:
        return [f"{field.pointer.lstrip('/?') or 'request'}: {field.detail}" for field in error.fields]
    return [error.detail]


def _content_type(form: str) -> str:
    return f"{XML if form == 'xml' else JSON}; charset=utf-8"


def _body(form: str, root: str, content: Any) -> bytes:
    if form == "xml":
        made: bytes = ET.tostring(_element(root, content), encoding="utf-8", xml_declaration=True)
        return made
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _element(name: str, content: Any) -> ET.Element:
    element = ET.Element(name)
    if isinstance(content, Mapping):
        element.extend(_element(child, value) for child, value in content.items())
    elif isinstance(content, list):
        element.extend(_element(_ONE_OF[name], one) for one in content)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = _NOT_XML.sub("", str(content))
    return element
