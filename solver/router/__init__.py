"""Optimal routing over many venues by dual decomposition: prices vary, venues answer in closed form."""
