"""What the tests share: private servers, databases, running processes, identities, waiting."""
