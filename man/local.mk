# Manual page.
