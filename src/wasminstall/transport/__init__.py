"""Transport: get these bytes. One port, an adapter for each world, one client with the manners."""

from .client import Client
from .default import default_transport
from .digests import verify
from .port import Body, OnBytes, Request, Response, Transport, Urgency

__all__ = ["Body", "Client", "OnBytes", "Request", "Response", "Transport", "Urgency", "default_transport", "verify"]
