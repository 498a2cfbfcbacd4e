"""What people walk through: rooms that never import each other.

A room does its one thing, records it on the Journey or the session, and sends the browser back
to the dispatcher in `authorize`, which alone decides what comes next.
"""
