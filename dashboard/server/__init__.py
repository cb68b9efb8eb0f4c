"""What the server does beside answering pages, and every change to other packages' inner parts.

`startup` applies those changes, `compatibility` checks the versions that they were written for.
"""
