"""Who staff, partners and tills are, and how they show it."""
