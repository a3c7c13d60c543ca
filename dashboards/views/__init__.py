"""Screens of the app; never called pages, which Streamlit would run by itself."""
