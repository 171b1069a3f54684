"""How the platform is run: locally, in containers, on Kubernetes."""
