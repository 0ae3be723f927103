"""Tools of the project: pairs, execution, generated pages, the site."""
