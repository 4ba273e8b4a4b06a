"""The small process that is parent of the embedded servers and removes what a killed run left."""
