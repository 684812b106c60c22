"""Pages and fragments. A view checks the permission, calls one action or query, and renders."""
