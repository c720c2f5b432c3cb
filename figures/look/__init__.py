"""The one look of every figure: colours, type, themes, maps, and what becomes of an SVG in a page."""
