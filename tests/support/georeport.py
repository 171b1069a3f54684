"""A GeoReport v2 client as others write them: it knows the standard and nothing of this platform."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from requests import Response, Session

LISTS = {"services", "attributes", "values", "service_requests", "errors", "endpoints", "formats"}


class GeoReport:
    """Speaks JSON or XML; both give the same Python values, numbers and flags as text in XML."""

    def __init__(self, endpoint: str, form: str = "json", **usual: str) -> None:
        self.endpoint = endpoint
        self.form = form
        # Sent with every request: jurisdiction_id, api_key.
        self.usual = usual
        self.http = Session()
        self.http.trust_env = False

    def services(self, **query: Any) -> Any:
        return self.get("services", **query)

    def definition(self, code: str) -> Any:
        return self.get(f"services/{code}")

    def requests(self, **query: Any) -> Any:
        return self.get("requests", **query)

    def request(self, number: str) -> Any:
        (found,) = self.get(f"requests/{number}")
        return found

    def token(self, token: str) -> Any:
        return self.get(f"tokens/{token}")

    def get(self, resource: str, **query: Any) -> Any:
        return self.read(self.ask(resource, **query))

    def ask(self, resource: str, **query: Any) -> Response:
        address = f"{self.endpoint}/{resource}.{self.form}"
        return self.http.get(address, params={**self.usual, **query}, timeout=15)

    def post(self, *, files: Any = None, **fields: Any) -> Response:
        address = f"{self.endpoint}/requests.{self.form}"
        return self.http.post(address, data={**self.usual, **fields}, files=files, timeout=15)

    def posted(self, **fields: Any) -> str:
        """The service_request_id of a report that must be taken."""
        (made,) = self.read(self.post(**fields))
        number: str = made["service_request_id"]
        return number

    def read(self, answer: Response) -> Any:
        assert answer.status_code == 200, answer.text
        return self.content(answer)

    def errors(self, answer: Response) -> tuple[int, list[Any]]:
        """Status and body of a refusal, which has to be in the standard's form."""
        told = self.content(answer)
        assert isinstance(told, list)
        assert told
        for one in told:
            assert set(one) == {"code", "description"}
            assert int(one["code"]) == answer.status_code
            assert one["description"]
        return answer.status_code, [one["description"] for one in told]

    def content(self, answer: Response) -> Any:
        if self.form == "json":
            assert answer.headers["Content-Type"] == "application/json; charset=utf-8", answer.text
            return answer.json()
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8", answer.text
        assert answer.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        return value(ET.fromstring(answer.content))


def value(element: ET.Element) -> Any:
    if element.tag in LISTS:
        return [value(one) for one in element]
    if len(element):
        return {one.tag: value(one) for one in element}
    return element.text
