"""The pages: plain forms that work without JavaScript, drawn on the server."""
