"""What the page measurements says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
