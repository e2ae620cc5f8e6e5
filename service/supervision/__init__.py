"""Several workers on one socket: started, watched and replaced by a small parent process.

The parent imports nothing but this package and the standard library, so it takes about 13 MB.
"""
