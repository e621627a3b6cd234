"""The node's HTTP and WebSocket interface."""
