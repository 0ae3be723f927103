"""Chapter wing: nice."""
