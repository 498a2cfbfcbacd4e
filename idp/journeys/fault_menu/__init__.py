"""The fault menu: a page on which anybody may ask for faulty answers to a demo's services.

Owns the list of services and the choice of a fault for one. There in the demo and in tests alone:
elsewhere a service is an operator's to spoil. Does not own what a fault does (`protocol.faults`)
or who has one (`domain.wanted_faults`).
"""
