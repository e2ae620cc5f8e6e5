"""From request to response: classification, shadow traffic, receipts and feedback."""
