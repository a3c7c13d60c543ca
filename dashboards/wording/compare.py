"""What the page compare says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
