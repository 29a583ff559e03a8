"""The five-minute audit: how each agency that was there found a round table, of which only means are ever shown."""
