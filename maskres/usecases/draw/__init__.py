"""From the commitment through seed and draw to places, and what is published of them."""
