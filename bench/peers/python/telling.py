"""What both electors have in common: what they are told by the environment, and how they tell it."""
import json
import os
import time

LEASE, IDENTITY = os.environ["STANDS"].split(" ")
TIMING = [int(os.environ[name]) for name in ("LEASE_DURATION", "RENEW_DEADLINE", "RETRY_PERIOD")]


def tell(event):
    """One line, with the time of the machine's monotonic clock, which all processes share."""
    told = {"event": event, "at": time.monotonic() * 1000, "lease": LEASE, "identity": IDENTITY}
    os.write(1, (json.dumps(told) + "\n").encode())
