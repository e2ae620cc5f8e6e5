"""Files that workers share: bounded reads, signatures that show a change, locks, back-off."""
