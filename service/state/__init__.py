"""Files of the state folder: noticing a change, and changing them under a lock."""
