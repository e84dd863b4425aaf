"""Collections and the versions in which they are indexed: building, checking, switching, mending."""
