"""What people run: the environments, the emulator of two accounts, the stub of S3 and STS, the demo."""
