"""Model servers on the administrators' page."""
