"""Work in the background: a task row commits with its cause, a sweeper enqueues its id, a worker leases it."""
