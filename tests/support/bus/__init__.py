"""What tests of the message bus share: events of their own, a worker process, a bad network."""
