"""What the administrator of the simulator does, on paths that Salesforce does not have.

``bodies``     what is sent, without a key that would be overlooked
``filling``    a new org: empty, from a folder, generated
``resources``  the HTTP resources under /simulator
"""
