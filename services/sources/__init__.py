"""Documents that come from elsewhere: folders, databases, REST endpoints, web pages."""
