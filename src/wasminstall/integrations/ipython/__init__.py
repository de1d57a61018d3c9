"""wasminstall in IPython: ``%load_ext wasminstall`` brings ``%pip``, imports that install themselves, short errors.

Settings are the traits of ``WasmInstall``; whoever starts kernels hands them over as
``load_ipython_extension(ip, {"auto_import": "index", "lock": "https://..."})``, and need not wait: what its ``lock`` or
``requirements`` name begins to install at once, and the first cell waits for it.

This room is in the wheel and not in the bootstrap's archive: a page that has no kernel does not pay for it.
"""

from .extension import load_ipython_extension, unload_ipython_extension
from .settings import WasmInstall

__all__ = ["WasmInstall", "load_ipython_extension", "unload_ipython_extension"]
