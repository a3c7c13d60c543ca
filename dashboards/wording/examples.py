"""What the page examples says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
