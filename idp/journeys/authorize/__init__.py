"""The front door and dispatcher: accept a request, decide the next step, hand back.

Owns: `/authorize`, the stored Journey's beginning and end, the way from a step to a room.
Does not own: any page; rooms are named by endpoint, never imported.
"""
