"""What the page decision says."""

EN: dict[str, str] = {}

ZH: dict[str, str] = {}
