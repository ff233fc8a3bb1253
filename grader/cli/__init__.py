"""The command line: parses, calls, shows. The only place that prints or exits."""
