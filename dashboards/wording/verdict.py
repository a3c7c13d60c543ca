"""What the page verdict says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
