"""The methods EMSSL is compared with, one file each."""
