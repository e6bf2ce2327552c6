"""Song analysis. Pure: files and arrays in, frozen dataclasses out; no models, no HTTP."""
