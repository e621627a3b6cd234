"""Inputs for decoders: made from the formats' own descriptions and then spoilt; and what decoders may answer."""
