"""The date style of pages that Django formats, such as the admin."""
