"""The options of ``%pip``, one row each: their names, whether a value follows, and the line about them in the help.

Besides what is honoured there is what pip has and this place has not. Where it changes nothing that a person would
see, it is accepted; where somebody might count on it, with a note; where it would change the outcome, it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["REFUSED", "VERBS", "WITHOUT_EFFECT", "Option", "Verb"]


@dataclass(frozen=True)
class Option:
    """``names``: all spellings, the one to show first. ``value``: what to call its value, empty for a flag."""

    names: tuple[str, ...]
    help: str
    value: str = ""


@dataclass(frozen=True)
class Verb:
    """``names``: what to call its other words, empty where it has none."""

    help: str
    names: str = ""
    options: tuple[Option, ...] = ()


_OUTPUT = (
    Option(("-q", "--quiet"), "show nothing but errors"),
    Option(("-v", "--verbose"), "show where everything came from"),
)
_WHAT = (
    Option(
        ("-r", "--requirement", "--requirements"), "a requirements file, pyproject.toml, script or lock; a URL", "FILE"
    ),
    Option(("-c", "--constraint", "--constraints"), "limit versions to those in this file", "FILE"),
    Option(("--group",), "a dependency group of pyproject.toml, or of PATH:GROUP", "GROUP"),
    Option(("--extra",), "an extra of the pyproject.toml given with -r", "EXTRA"),
    Option(("--script",), "what a script asks for in its comments (PEP 723)", "FILE"),
    Option(("--pre",), "accept pre-releases"),
    Option(("--no-deps",), "leave dependencies out"),
    Option(("--require-hashes",), "refuse what has no hash in the file"),
    Option(("-i", "--index-url"), "the index to ask in place of PyPI", "URL"),
    Option(("--extra-index-url",), "an index to ask after that", "URL"),
    Option(("--no-index",), "ask no index"),
    Option(("--timeout", "--default-timeout"), "the longest silence of a server", "SECONDS"),
    Option(("--no-cache-dir", "--no-cache"), "keep nothing, and use nothing kept"),
    Option(("--offline",), "ask nobody, and use what is kept"),
)
VERBS = {
    "install": Verb(
        "install packages and what they need",
        "REQUIREMENT",
        (
            *_WHAT,
            Option(("-U", "--upgrade"), "move what is named to its best version"),
            Option(("--force-reinstall", "--reinstall"), "place what is named again"),
            Option(("--dry-run",), "show what would be done, and do nothing"),
            *_OUTPUT,
        ),
    ),
    "uninstall": Verb("remove packages", "NAME", (Option(("-y", "--yes"), "nobody is asked in any case"), *_OUTPUT)),
    "list": Verb("what is installed", "", _OUTPUT),
    "freeze": Verb("the same as requirements; `%pip freeze > FILE` writes them to a file", "", _OUTPUT),
    "show": Verb("one package, or several, in detail", "NAME", _OUTPUT),
    "tree": Verb("who needs what", "", _OUTPUT),
    "check": Verb("whether everything that is installed fits together", "", _OUTPUT),
    "download": Verb(
        "put wheels into a folder",
        "REQUIREMENT",
        (*_WHAT, Option(("-d", "--dest"), "the folder, the current one unless told", "FOLDER"), *_OUTPUT),
    ),
    "help": Verb("this text, or what a command takes", "COMMAND"),
}

WITHOUT_EFFECT = (
    Option(("--user",), "there is one environment, and it is yours"),
    Option(("--break-system-packages",), "there is one environment, and it is yours"),
    Option(("--system",), "there is one environment, and it is yours"),
    Option(("--trusted-host",), "the browser decides whom it trusts", "HOST"),
    Option(("--no-build-isolation",), "nothing is built here"),
    Option(("-C", "--config-settings", "--config-setting"), "nothing is built here", "SETTING"),
    # No note: nothing is different.
    Option(("--disable-pip-version-check",), ""),
    Option(("--no-python-version-warning",), ""),
    Option(("--no-warn-script-location",), ""),
    Option(("--no-warn-conflicts",), ""),
    Option(("--no-input",), ""),
    Option(("--no-color",), ""),
    Option(("--no-compile",), ""),
    Option(("--progress-bar",), "", "STYLE"),
    Option(("--root-user-action",), "", "ACTION"),
    Option(("--upgrade-strategy",), "", "STRATEGY"),
    Option(("--prefer-binary",), ""),
    Option(("--only-binary",), "", "NAMES"),
)

_ONE_PLACE = "packages go where this interpreter imports from, and nowhere else"
REFUSED = {
    "-e": "an editable install needs a build tool",
    "--editable": "an editable install needs a build tool",
    "-f": "pages of links are not read; name the wheels themselves, or an index with --index-url",
    "--find-links": "pages of links are not read; name the wheels themselves, or an index with --index-url",
    "--no-binary": "nothing can be built from source here",
    "-t": _ONE_PLACE,
    "--target": _ONE_PLACE,
    "--prefix": _ONE_PLACE,
    "--root": _ONE_PLACE,
    "--platform": "wheels are those for this interpreter",
    "--python-version": "wheels are those for this interpreter",
    "-I": "to place packages again there is --force-reinstall",
    "--ignore-installed": "to place packages again there is --force-reinstall",
}
