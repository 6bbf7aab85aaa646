"""The browser's doors: function views that load, clean a form, call one room function and answer."""
