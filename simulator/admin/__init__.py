"""What the administrator of the simulator does, on paths that Salesforce does not have.

``filling``    a new org: empty, from a folder, generated
``resources``  the HTTP resources under /simulator
"""
