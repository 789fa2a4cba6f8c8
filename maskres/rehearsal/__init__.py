"""A dress rehearsal: a synthetic city that plays whole rounds from one seed text."""
