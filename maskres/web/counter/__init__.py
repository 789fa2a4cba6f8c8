"""The door of the counters: codes and cards looked up, goods handed over, the day's figures."""
