"""Pages and fragments. A view decides permission, calls one action or query, and renders; templates show what they got."""
