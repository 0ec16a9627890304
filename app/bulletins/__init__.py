"""Daily bulletins (动态): drafted from the figures of a day, edited, reviewed where the policy asks, issued by number.

What was issued is never changed: it is corrected or withdrawn by a further issue. Refuses to name a person, and to show
a count so small that it would be one.
"""
