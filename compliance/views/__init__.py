"""Pages and fragments. A view decides permission, calls one action or query, renders; templates show what they got."""
