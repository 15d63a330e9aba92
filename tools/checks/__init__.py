"""What `make doctor` looks at, one subject a file; each check takes the project's folder and returns a Verdict."""
