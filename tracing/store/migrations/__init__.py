"""Schema changes, one module each; run by `tracing.store.upgrade`."""
