"""What the page requirements says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
