"""The person at the centre: their goal and view, whether they were informed, and contact with parents or family."""
