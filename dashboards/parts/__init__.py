"""Building blocks of the pages: text, states, tables, charts, downloads."""
