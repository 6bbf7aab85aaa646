"""manage.py simulate_day."""
