"""The light client: follows headers alone, and believes of the rest what is proven under them."""
