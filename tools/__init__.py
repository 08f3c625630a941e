"""What people run: the environments, the emulator of two accounts, the demo."""
