"""How settings are read: the file ``.env``, names that are nearly right, and sentences for what is wrong."""
