"""Who may do what: every route and method against a table written by hand."""
