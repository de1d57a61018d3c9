"""Other people's doors into wasminstall: each module here speaks one foreign API and passes the call on."""

__all__: list[str] = []
