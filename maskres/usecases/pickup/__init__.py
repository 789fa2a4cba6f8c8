"""Places and counters: moving, giving back, handing out, the next batch, stock."""
