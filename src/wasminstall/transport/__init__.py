"""Transport: get these bytes. One port, an adapter for each world, one client with the manners."""

from .client import Client
from .default import default_transport
from .port import Body, OnBytes, Request, Response, Transport

__all__ = ["Body", "Client", "OnBytes", "Request", "Response", "Transport", "default_transport"]
