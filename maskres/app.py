"""create_app(): where everything is put together."""
