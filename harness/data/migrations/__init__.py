"""Where a schema comes from: directories of SQL files, tools, callables."""
