"""What happened, for readers: auctions, competitions, receipts and the lives of intents. No node needs it."""
