"""What every door is handed: the service, the settings, the limits. Doors reach nothing by globals."""

from __future__ import annotations

from dataclasses import dataclass

from maskres.config import WebSettings
from maskres.usecases.rounds.memory import Memory
from maskres.usecases.service import Service
from maskres.web.limits import Limits


@dataclass(frozen=True, slots=True)
class Door:
    """The parts a door is made of.

    Attributes:
        service: what the use cases work with.
        settings: how the deployment is reached.
        limits: how often somebody may ask.
        memory: what this process remembers from one request to the next.
    """

    service: Service
    settings: WebSettings
    limits: Limits
    memory: Memory
