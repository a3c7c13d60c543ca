"""The reviewers' Streamlit app: shows verified bundles and computes nothing. Not in this version yet."""
