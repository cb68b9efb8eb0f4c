"""A visitor without a browser: opens pages, uploads files and presses buttons over Streamlit's own
protocol, so that many of them fit beside the server that is measured."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

LIMIT_SECONDS = 120.0


class PageClient:
    """One tab, and what its last page consists of. Widgets keep their defaults."""

    def __init__(self, address: str, browser: requests.Session | None = None) -> None:
        """With a `browser`, the tab has its cookies."""
        self.address = address
        self.elements: dict[str, Any] = {}
        """The newest elements by kind and label, such as ``"button Remove all"``; `exception` is
        an error that the page did not expect."""
        self.media: set[str] = set()
        self.pictures_shown = 0
        self.redirect: str | None = None
        """Where the page has sent the browser to log in."""
        self._urls: dict[str, list[FileURLs]] = {}
        self._uploaded = WidgetState()
        self._page = ""
        self._runs = 0
        self._changed = threading.Condition()
        self._web = browser or requests.Session()
        self._web.get(f"{address}/_stcore/health", timeout=LIMIT_SECONDS).raise_for_status()
        self.token = self._web.cookies.get("_streamlit_xsrf") or ""
        self._socket = connect(
            f"{address.replace('http', 'ws')}/_stcore/stream",
            additional_headers={
                "Cookie": "; ".join(f"{name}={value}" for name, value in self._web.cookies.items()),
                "Origin": address,
            },
            subprotocols=["streamlit", self.token],  # type: ignore[list-item]
            max_size=None,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def open(self, page: str) -> None:
        """Goes to a page and waits until it is shown."""
        self.elements.clear()
        self._page = page
        self._run()

    def press(self, label: str, with_upload: bool = False) -> None:
        """Presses a button and waits until the page is shown; the upload field is empty then, or
        holds what was uploaded last."""
        button = self.elements[f"button {label}"]
        state = WidgetState(id=button.id, trigger_value=True)
        self._run(state, *([self._uploaded] if with_upload else []))

    def upload(self, *files: tuple[str, bytes], field: str = "") -> None:
        """Sends files to the page's upload field, or to the one whose label begins so, and waits
        until the page is shown."""
        announced = self.announce(*(name for name, _ in files))
        fields = self.elements.items()
        found = next(item for kind, item in fields if kind.startswith(f"upload {field}"))
        state = WidgetState(id=found.id)
        for (name, data), urls in zip(files, announced, strict=True):
            self.put(urls.upload_url, name, data).raise_for_status()
            info = state.file_uploader_state_value.uploaded_file_info.add()
            info.file_id, info.name, info.size = urls.file_id, name, len(data)
            info.file_urls.CopyFrom(urls)
        self._uploaded = state
        self._run(state)

    def announce(self, *names: str) -> list[FileURLs]:
        """Asks where files are to be sent, as an upload field does."""
        request = secrets.token_hex(8)
        message = BackMsg()
        message.file_urls_request.request_id = request
        message.file_urls_request.file_names.extend(names)
        self._send(message)
        self._wait(lambda: request in self._urls)
        return self._urls.pop(request)

    def put(self, path: str, name: str, data: bytes) -> requests.Response:
        """Sends one file to an address of the server."""
        return self._web.put(
            f"{self.address}{path}",
            files={name: (name, data)},
            headers={"X-Xsrftoken": self.token},
            timeout=LIMIT_SECONDS,
        )

    def close(self) -> None:
        """Closes the tab."""
        self._socket.close()

    def _run(self, *states: WidgetState) -> None:
        before = self._runs
        self.pictures_shown = 0
        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.widget_states.widgets.extend(states)
        self._send(message)
        self._wait(lambda: self._runs > before)

    def _send(self, message: BackMsg) -> None:
        self._socket.send(message.SerializeToString())

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, LIMIT_SECONDS):
                raise TimeoutError("the page did not answer")

    def _listen(self) -> None:
        with suppress(ConnectionClosed):
            for data in self._socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                with self._changed:
                    self._take(message)
                    self._changed.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            # A page that is shown anew at once is not finished yet.
            self._runs += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        elif kind == "auth_redirect":
            self.redirect = message.auth_redirect.url
        elif kind == "file_urls_response":
            answer = message.file_urls_response
            self._urls[answer.response_id] = list(answer.file_urls)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self.elements[f"button {element.button.label}"] = element.button
            elif element.WhichOneof("type") == "file_uploader":
                self.elements[f"upload {element.file_uploader.label}"] = element.file_uploader
            elif element.WhichOneof("type") == "exception":
                self.elements["exception"] = element.exception
            elif element.WhichOneof("type") == "imgs":
                self.pictures_shown += len(element.imgs.imgs)
                self.media.update(image.url for image in element.imgs.imgs)
