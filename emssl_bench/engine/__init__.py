"""Where trials run: an engine runs them and tells of events, and the driver keeps the records and shows the rest."""
