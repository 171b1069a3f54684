"""The local runtime: private servers and every process of the platform on free loopback ports."""
