"""Which processor core runs the server and which one generates the load."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Cores:
    """The server gets the first core and the client the last, so that neither slows the other."""

    available: tuple[int, ...]

    @classmethod
    def detect(cls) -> "Cores":
        """The cores that this process may use."""
        return cls(tuple(sorted(os.sched_getaffinity(0))))

    @property
    def server(self) -> int:
        return self.available[0]

    @property
    def client(self) -> int:
        return self.available[-1]

    @property
    def separate(self) -> bool:
        """Whether server and client have different cores."""
        return self.server != self.client

    def __len__(self) -> int:
        return len(self.available)
