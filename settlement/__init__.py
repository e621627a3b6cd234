"""The law: solution, verifier, score, fairness, winner determination, rewards, receipts. Pure.

The referee never imports a contestant: nothing here knows ``solver``.
"""
