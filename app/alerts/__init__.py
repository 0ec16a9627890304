"""Who is told what, and when: the one room that hears what has happened and has people told of it.

It decides on receivers and moments, by roles and policies. Refuses to know how words travel, and to name a person.
"""
