"""What the page inbox says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
