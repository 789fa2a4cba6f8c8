"""What people do with the service: one function a use case, one transaction each."""
