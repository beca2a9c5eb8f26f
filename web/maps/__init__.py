"""Maps as functions: frame in, `folium.Map` out."""
