"""A connection to a Ray cluster, which is known to answer before anything waits for it."""

from __future__ import annotations

import logging
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import grpc
import ray
import ray.exceptions
from ray._private import services, worker as ray_worker

from fer.errors import BadSettings, FerError

ANSWER_SECONDS = 4.0
"""So long a cluster may take for its first answer. Ray itself waits for more than a minute."""
AUTO = "auto"
_CLIENT = "ray://"
_PAUSE_SECONDS = 2.0
_TMP = "/tmp"  # noqa: S108 - Ray's sockets need short paths; a Mac's own folder has a long one


@contextmanager
def connected(address: str | None, workers: int | None = None) -> Iterator[int]:
    """Joins the cluster at `ray://HOST:PORT`, `HOST:PORT` or, with `auto`, on this machine, or
    starts one without an address; gives the number of workers: as many as wanted, or one for each
    CPU of the cluster.

    Raises `FerError` where nobody answers, and for more workers than there are CPUs.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray_worker._worker_logs_enabled = False  # its notes would be among records on stdout
    place = "on this machine" if address is None else f"at {address}"
    if address is not None:
        _check_answers(address)
    with _made_here() if address is None else _joined(address, place):
        try:
            cpus = int(ray.cluster_resources().get("CPU", 0))
            if (workers or 1) > cpus:
                raise BadSettings(
                    f"the cluster {place} has {cpus} CPUs, and each worker takes one; got "
                    f"--workers {workers or 1}."
                )
            yield workers or cpus
        except ray.exceptions.RayError as error:
            told = str(error).strip().partition("\n")[0]
            raise FerError(f"the cluster {place} no longer works: {told}") from None


@contextmanager
def _made_here() -> Iterator[None]:
    """A cluster for this command alone, on loopback, which leaves nothing behind: no file keeps its
    token, and its folder goes with it."""
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    place = _TMP if os.access(_TMP, os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix="fer-ray-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        try:
            _start(folder)
            yield
        finally:
            ray.shutdown(wait_for_processes=True)


def _start(folder: str) -> None:
    try:
        ray.init(
            "local",
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
    except Exception as error:  # noqa: BLE001 - Ray raises many kinds
        raise FerError(f"Ray does not start on this machine: {reason(error)}") from None


@contextmanager
def _joined(address: str, place: str) -> Iterator[None]:
    try:
        _join(address, place)
        yield
    finally:
        ray.shutdown()


def _join(address: str, place: str) -> None:
    for is_last in (False, False, True):  # a head answers before its own machine has joined it
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
            return
        except Exception as error:  # noqa: BLE001 - Ray raises many kinds, also for other versions
            cause = error.__cause__ or error
            if "InvalidAuthToken" in str(cause):
                raise FerError(
                    f"the Ray cluster {place} wants a token. Set RAY_AUTH_MODE=token, and have its "
                    "token in RAY_AUTH_TOKEN or ~/.ray/auth_token."
                ) from None
            if "Version mismatch" in str(cause):
                raise FerError(_other_versions(place, str(cause))) from None
            if is_last or not isinstance(error, ConnectionError):
                told = reason(cause)
                raise FerError(f"the Ray cluster {place} cannot be joined: {told}") from None
        time.sleep(_PAUSE_SECONDS)


def _other_versions(place: str, told: str) -> str:
    """Ray's list of both ends' versions as a sentence."""
    found = [f"{name} {version}" for name, version in re.findall(r"(Ray|Python): (\S+)", told)]
    half = len(found) // 2
    theirs, ours = (" and ".join(part) for part in (found[:half], found[half:]))
    return f"the Ray cluster {place} has {theirs}, and this machine {ours}. Install the same here."


def reason(error: BaseException) -> str:
    """The line of an error of Ray's that says most: the last one, where its cause is."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".") + "."


def _check_answers(address: str) -> None:
    target = address.removeprefix(_CLIENT)
    if address == AUTO:
        try:
            target = str(services.canonicalize_bootstrap_address(AUTO))
        except ConnectionError:
            raise FerError(
                "no Ray cluster runs on this machine. Start one with `ray start --head`, or name "
                "its address."
            ) from None
    host, _, port = target.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise BadSettings(f"--address takes auto, HOST:PORT or ray://HOST:PORT; got {address}.")
    channel = grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)])
    try:
        grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
    except grpc.FutureTimeoutError:
        raise FerError(
            f"no Ray cluster answers at {target}. Check the address, and that it runs there: "
            "`ray status`."
        ) from None
    finally:
        with suppress(Exception):
            channel.close()
