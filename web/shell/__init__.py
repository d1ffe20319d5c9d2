"""What surrounds every page: who is speaking, forms and their proof, headers, assets, errors, the staff's frame."""
