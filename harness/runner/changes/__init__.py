"""Which tests a change can reach: by imports, declared files, images and recorded coverage."""
