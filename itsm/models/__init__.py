"""The foundation of the app: its tables."""
