"""Pages, one module each: read the query, ask the reports, fill the template."""
