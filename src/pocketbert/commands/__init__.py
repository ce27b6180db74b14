"""The commands by kind, thin: they call the package and print what it answers."""
