"""Starting and stopping the parts of the product on one machine. Nothing here imports Django or an app."""
