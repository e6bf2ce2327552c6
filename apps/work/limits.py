"""How much one project or call may ask for."""

# A cut every second of a song of ten minutes; more is a strobe, and no page shows it.
MAXIMUM_SCENES = 600
