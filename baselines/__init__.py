"""The methods that EMSSL is compared with, one file each."""
