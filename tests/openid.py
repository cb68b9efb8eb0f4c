"""An OpenID Connect provider on this computer, for which whoever comes is Ann."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, EMAIL = "fer", "ann@example.org"
_CODE = "a-code"


@contextmanager
def provider() -> Iterator[str]:
    """The address of its configuration."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/.well-known/openid-configuration"
    finally:
        server.shutdown()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    key = RSAKey.generate_key(2048, auto_kid=True)
    nonces: dict[str, str] = {}  # noqa: RUF012 - one provider lives at a time

    @property
    def issuer(self) -> str:
        return f"http://{self.headers['Host']}"

    def do_GET(self) -> None:
        path, asked = urlparse(self.path).path, parse_qs(urlparse(self.path).query)
        if path == "/authorize":
            self.nonces[_CODE] = asked["nonce"][0]
            back = urlencode({"code": _CODE, "state": asked["state"][0]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri'][0]}?{back}")
            self.end_headers()
        elif path == "/keys":
            self._send({"keys": [self.key.as_dict(private=False)]})
        else:
            places = {
                "authorization_endpoint": "/authorize",
                "token_endpoint": "/token",
                "jwks_uri": "/keys",
            }
            facts = {name: self.issuer + place for name, place in places.items()}
            self._send({"issuer": self.issuer, **facts})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        now = int(time.time())
        claims = {
            **{"iss": self.issuer, "sub": "1", "aud": CLIENT, "iat": now, "exp": now + 600},
            **{"nonce": self.nonces.pop(_CODE), "email": EMAIL, "email_verified": True},
        }
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        self._send({"access_token": "none", "token_type": "Bearer", "id_token": token})

    def _send(self, values: dict[str, Any]) -> None:
        data = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""
