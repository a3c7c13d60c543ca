"""The reviewers' Streamlit app: shows verified bundles, carries the review, computes nothing."""
