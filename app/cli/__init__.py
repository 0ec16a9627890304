"""The command line, `lianfang`: starts, migrates, imports, checks. Each command calls a service and prints."""
