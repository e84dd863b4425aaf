"""Streamlit pieces that pages share: session, navigation, language, errors, tables, charts, citations, progress."""
