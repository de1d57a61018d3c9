"""``python -m wasminstall``: the desktop command."""

import sys

from wasminstall.cli import main

sys.exit(main())
