"""Open311 GeoReport v2: any 311 client can file a request and follow it."""
