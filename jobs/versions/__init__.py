"""Output folders: numbered versions, their parts with done-markers, and the manifest that tells what happened."""
