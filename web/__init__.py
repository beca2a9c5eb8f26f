"""Pages and maps."""
