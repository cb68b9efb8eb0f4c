"""Sessions of visitors who left: Streamlit keeps them; this empties them."""

from __future__ import annotations

import threading
from contextlib import suppress

from streamlit import runtime
from streamlit.runtime.app_session import AppSession

from dashboard.server.compatibility import ForeignName, require

FOREIGN_NAMES = (
    ForeignName("streamlit", "1.67", "streamlit.runtime.runtime:Runtime._get_async_objs"),
    ForeignName(
        "streamlit",
        "1.67",
        "streamlit.runtime.websocket_session_manager:WebsocketSessionManager",
    ),
    ForeignName(
        "streamlit", "1.67", "streamlit.runtime.memory_session_storage:MemorySessionStorage"
    ),
    ForeignName("streamlit", "1.67", "streamlit.runtime.app_session:AppSession.shutdown"),
    ForeignName("streamlit", "1.67", "streamlit.runtime.app_session:AppSession.session_state"),
    ForeignName(
        "streamlit", "1.67", "streamlit.runtime.state.session_state:WStates.set_widget_metadata"
    ),
)
_LOOP_SECONDS = 10.0


def empty(session: AppSession) -> None:
    """Lets go of all that a session holds, also of what the callbacks of its buttons are given,
    which Streamlit keeps."""
    state = session.session_state
    state.clear()
    state._new_widget_state.widget_metadata.clear()
    session._fragment_storage.clear()


def clear_expired() -> int:
    """Empties the sessions whose visitors left more than two minutes ago; how many there were.

    Streamlit keeps a session that long in case its visitor reconnects, but lets go of it only when
    the next visitor leaves, and its event loop holds the last one until somebody comes. Only that
    loop may touch sessions.
    """
    if not runtime.exists():
        return 0
    require(*FOREIGN_NAMES)
    server = runtime.get_instance()
    done, cleared = threading.Event(), list[str]()

    def clear() -> None:
        try:
            for _, stored in server._session_mgr._session_storage._cache.expire():  # type: ignore[attr-defined]
                cleared.append(stored.session.id)
                stored.session.shutdown()
                empty(stored.session)
        finally:
            done.set()

    with suppress(RuntimeError):  # the loop is closed: the server is ending
        server._get_async_objs().eventloop.call_soon_threadsafe(clear)
        done.wait(_LOOP_SECONDS)
    return len(cleared)
