"""Documents from the upload to the last trace of them: taking in, parsing, indexing, following, removing."""
