"""Files that workers share: signatures to detect a change, locks to exclude other writers."""
