"""Who may enter a closed campus: requests, the chain that decides on them, visitors' doors, duty rosters.

Refuses without asking whom a rule holds back; hands passes out and knows nothing of what becomes of them.
"""
