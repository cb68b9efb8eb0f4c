"""`make docs`: the reference of the commands and of `fer`'s public names, from their own help and
docstrings, as Markdown in a folder."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import sys
from pathlib import Path

import fer
from fer import cli


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "commands.md").write_text(commands(), "utf-8")
    (target / "library.md").write_text(library(), "utf-8")


def command_names() -> list[str]:
    return re.findall(r"^    ([a-z-]+)(?=  |$)", _help(), re.MULTILINE)


def commands() -> str:
    """A section a command, with its help."""
    parts = ["# Commands", _fenced(_help())]
    for name in command_names():
        parts += [f"## {name}", _fenced(_help(name))]
    return "\n\n".join(parts) + "\n"


def library() -> str:
    """A section a public name: signature, docstring, public methods and properties."""
    parts = ["# The library", _described(fer)]
    for name in fer.__all__:
        value = getattr(fer, name)
        if not callable(value):
            parts += [f"## fer.{name}", _fenced(f"{name} = {value!r}")]
            continue
        parts += [f"## fer.{name}", _fenced(f"{name}{_signature(value)}"), _described(value)]
        if inspect.isclass(value):
            for member, of in _members(value).items():
                is_method = inspect.isfunction(of)
                title = f"{member}{_signature(of)}" if is_method else member
                parts += [f"### {name}.{title.partition('(')[0]}", _fenced(title), _described(of)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _members(value: type) -> dict[str, object]:
    """Methods and properties that are its own and have a docstring."""
    found = {}
    for name, member in vars(value).items():
        inside = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        is_ours = inspect.isfunction(inside) or isinstance(inside, property)
        if is_ours and not name.startswith("_") and inspect.getdoc(inside):
            found[name] = inside
    return found


def _signature(value: object) -> str:
    try:
        return str(inspect.signature(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "(…)"


def _described(value: object) -> str:
    """Its docstring, with examples as code."""
    text = inspect.getdoc(value) or ""
    return re.sub(
        r"((?:^>>> .*|^\.\.\. .*)(?:\n(?!\n).*)*)", r"```python\n\1\n```", text, flags=re.M
    )


def _help(*command: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        cli.main([*command, "--help"])
    return output.getvalue().rstrip()


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
